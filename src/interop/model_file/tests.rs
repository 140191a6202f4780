use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::interop::FaultKind;

fn small() -> ModelFile {
    let tensor = |name: &str, shape: &[usize], data: &[f32]| Tensor {
        name: name.into(),
        shape: shape.to_vec(),
        data: data.to_vec(),
    };
    ModelFile {
        tensors: vec![
            tensor("0.weight", &[2, 3], &[0.5, -1.0, f32::MIN_POSITIVE, 3.25, f32::MAX, -0.0]),
            tensor("0.bias", &[2], &[1.0, 2.0]),
            tensor("scale", &[], &[7.0]),
            tensor("nothing", &[0, 5], &[]),
        ],
        metadata: BTreeMap::from([("program".into(), "model \"M\" {\n}".into()), ("ä".into(), String::new())]),
    }
}

#[test]
fn what_is_written_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    for precision in [Precision::F32, Precision::F64] {
        write_as(&path, &small(), precision).unwrap();
        assert_eq!(read(&path).unwrap(), small());
    }
}

#[test]
fn the_same_model_gives_the_same_bytes() {
    let once = to_bytes(&small(), Precision::F32).unwrap();
    assert_eq!(once, to_bytes(&small(), Precision::F32).unwrap());
    assert_eq!(once.len() % 4, 0, "tensors are aligned");
}

#[test]
fn every_truncation_is_found() {
    let bytes = to_bytes(&small(), Precision::F32).unwrap();
    for length in 0..bytes.len() {
        let kind = from_bytes(&bytes[..length]).unwrap_err();
        assert!(matches!(kind, FaultKind::CutShort { .. }), "cut to {length} bytes: {kind}");
    }
}

#[test]
fn no_flipped_bit_gives_other_data() {
    let model = small();
    let bytes = to_bytes(&model, Precision::F32).unwrap();
    let padding_starts = bytes.windows(2).rposition(|w| w == b"}}").unwrap() + 2;
    let data_starts = bytes.len() - 9 * 4;
    for (at, bit) in (0..bytes.len()).flat_map(|at| (0..8).map(move |bit| (at, bit))) {
        let mut damaged = bytes.clone();
        damaged[at] ^= 1 << bit;
        match from_bytes(&damaged) {
            Err(kind) => assert!(at < data_starts || matches!(kind, FaultKind::Damaged(_)), "byte {at}: {kind}"),
            Ok(read) => {
                assert!((padding_starts..data_starts).contains(&at), "byte {at} bit {bit} went unnoticed");
                assert_eq!(read, model);
            }
        }
    }
}

#[test]
fn every_other_value_of_every_header_byte_is_an_error_or_harmless() {
    let model = small();
    let bytes = to_bytes(&model, Precision::F32).unwrap();
    for at in 0..bytes.len() {
        for value in [0, b' ', b'"', b'\\', b'{', b'}', b'0', b'9', b'_', 0x7f, 0xff] {
            let mut damaged = bytes.clone();
            damaged[at] = value;
            if let Ok(read) = from_bytes(&damaged) {
                assert_eq!(read, model, "byte {at} set to {value}");
            }
        }
    }
}

#[test]
fn bytes_behind_the_end_are_found() {
    let mut bytes = to_bytes(&small(), Precision::F32).unwrap();
    bytes.push(0);
    assert!(matches!(from_bytes(&bytes), Err(FaultKind::Damaged(_))));
}

#[test]
fn lengths_beyond_the_file_are_not_believed() {
    let header = |json: &str| [&(json.len() as u64).to_le_bytes()[..], json.as_bytes()].concat();
    let huge = header(r#"{"a":{"dtype":"F32","shape":[1000000000000],"data_offsets":[0,4000000000000]}}"#);
    assert!(matches!(from_bytes(&huge), Err(FaultKind::CutShort { .. })));
    let overflow = header(r#"{"a":{"dtype":"F32","shape":[4294967296,4294967296,4],"data_offsets":[0,0]}}"#);
    assert!(matches!(from_bytes(&overflow), Err(FaultKind::NotSafetensors(_))));
    let endless = [&u64::MAX.to_le_bytes()[..], b"{}"].concat();
    assert!(matches!(from_bytes(&endless), Err(FaultKind::NotSafetensors(_))));
    let overlapping = header(
        r#"{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}"#,
    );
    assert!(matches!(from_bytes(&[overlapping, vec![0; 2]].concat()), Err(FaultKind::NotSafetensors(_))));
}

#[test]
fn other_files_are_not_taken_for_models() {
    let zip = b"PK\x03\x04\x00\x00\x08\x08\x00\x00\x00\x00\x00\x00\x00\x00archive/data.pkl";
    for foreign in [&zip[..], b"age,bmi,glucose\n1,2,3\n", b"<!DOCTYPE html><html></html>"] {
        assert!(matches!(from_bytes(foreign), Err(FaultKind::NotSafetensors(_))));
    }
}

#[test]
fn what_is_no_readable_file_is_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let kind = |path: &Path| read(path).unwrap_err().kind;
    assert_eq!(kind(folder.path()), FaultKind::IsFolder);
    assert_eq!(kind(&folder.path().join("none")), FaultKind::Missing);
    #[cfg(unix)]
    assert_eq!(kind(Path::new("/dev/zero")), FaultKind::NotAFile);
}

#[test]
fn contradictions_are_not_written() {
    let mut twice = small();
    twice.tensors[1].name = "0.weight".into();
    assert!(matches!(to_bytes(&twice, Precision::F32), Err(FaultKind::Invalid(_))));
    let mut short = small();
    short.tensors[0].data.pop();
    assert!(matches!(to_bytes(&short, Precision::F32), Err(FaultKind::Invalid(_))));
}

/// The file comes from `tests/goldens/model_file/make.py`.
#[test]
fn files_of_pythons_safetensors_are_read() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/goldens/model_file/python.safetensors");
    let model = read(&path).unwrap();
    assert_eq!(model.metadata, BTreeMap::from([("made by".into(), "Python".into())]));
    let get = |name: &str| model.tensor(name).unwrap();
    let values = vec![0.5, -1.25, 3.0, 6.103_515_6e-5, -5.9604645e-8, 65504.0];
    for name in ["double", "single", "half"] {
        assert_eq!((&get(name).shape, &get(name).data), (&vec![2, 3], &values), "{name}");
    }
    // bfloat16 keeps eight bits of 65504 = 0xffe0: it rounds to 2^16.
    assert_eq!(get("brain").data, [0.5, -1.25, 3.0, 6.103_515_6e-5, -5.9604645e-8, 65536.0]);
    assert_eq!(get("special").data[..2], [f32::INFINITY, f32::NEG_INFINITY]);
    assert!(get("special").data[2].is_nan());
    assert_eq!((&get("bn.num_batches_tracked").shape, &get("bn.num_batches_tracked").data), (&vec![], &vec![7.0]));
    assert_eq!((&get("empty").shape, get("empty").data.len()), (&vec![0, 4], 0));
    assert_eq!(get("mask").data, [1.0, 0.0]);
}

#[test]
fn a_double_beyond_single_precision_is_reported() {
    let json = r#"{"w":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}}"#;
    let bytes = [&(json.len() as u64).to_le_bytes()[..], json.as_bytes(), &1e300f64.to_le_bytes()].concat();
    assert_eq!(from_bytes(&bytes), Err(FaultKind::Unusable("tensor `w` holds 1e300, too large for float32".into())));
}

proptest! {
    #[test]
    fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = from_bytes(&bytes);
    }

    #[test]
    fn any_header_is_survived(json in r#"\{("[a-z_]{0,12}":(\{"dtype":"(F32|I64|F4)","shape":\[[0-9]{1,20}\],"data_offsets":\[0,[0-9]{1,20}\]\}|\{"k":"v"\}|3),?){0,3}\}"#) {
        let bytes = [&(json.len() as u64).to_le_bytes()[..], json.as_bytes(), &[0; 16]].concat();
        let _ = from_bytes(&bytes);
    }
}
