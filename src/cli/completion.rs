//! Scripts that teach a shell to complete nnrun's commands and flags, made from the tables.

use super::command::{self, Command};
use super::flag::{Flag, Takes};

/// The shells there are scripts for.
pub const SHELLS: [&str; 3] = ["bash", "zsh", "fish"];

/// The script for a shell; none if there is no such shell here.
pub fn script(shell: &str) -> Option<String> {
    match shell {
        "bash" => Some(bash()),
        "zsh" => Some(format!("#compdef nnrun\nautoload -U +X bashcompinit && bashcompinit\n{}", bash())),
        "fish" => Some(fish()),
        _ => None,
    }
}

/// bash offers the flags of the command that the first word names, and files otherwise.
fn bash() -> String {
    let names: Vec<_> = command::ALL.iter().map(|c| c.name).collect();
    let mut cases = String::new();
    for command in command::ALL.iter().filter(|c| c.name != command::RUN.name) {
        cases += &format!("    {}) flags=\"{}\" ;;\n", command.name, long_flags(command));
    }
    format!(
        "_nnrun() {{
  local word=\"${{COMP_WORDS[COMP_CWORD]}}\" flags
  case \"${{COMP_WORDS[1]}}\" in
{cases}    *) flags=\"{}\" ;;
  esac
  COMPREPLY=($(compgen -f -- \"$word\"))
  if [[ $word == -* ]]; then
    COMPREPLY=($(compgen -W \"$flags\" -- \"$word\"))
  elif [[ $COMP_CWORD == 1 ]]; then
    COMPREPLY+=($(compgen -W \"{}\" -- \"$word\"))
  fi
}}
complete -o filenames -F _nnrun nnrun
",
        long_flags(&command::RUN),
        names.join(" ")
    )
}

fn long_flags(command: &Command) -> String {
    command.all_flags().map(|f| format!("--{}", f.long)).collect::<Vec<_>>().join(" ")
}

fn fish() -> String {
    let mut out = String::new();
    let others: Vec<_> = command::ALL.iter().map(|c| c.name).filter(|n| *n != command::RUN.name).collect();
    for command in command::ALL {
        let run = command.name == command::RUN.name;
        out += &format!("complete -c nnrun -n __fish_use_subcommand -a {} -d {}\n", command.name, quoted(command.help));
        let condition = format!("__fish_seen_subcommand_from {}", command.name);
        let condition = if run { format!("not __fish_seen_subcommand_from {}", others.join(" ")) } else { condition };
        for flag in command.all_flags() {
            out += &format!("complete -c nnrun -n {} {}\n", quoted(&condition), fish_flag(flag));
        }
    }
    out
}

fn fish_flag(flag: &Flag) -> String {
    let short = flag.short.map_or(String::new(), |c| format!("-s {c} "));
    let value = match flag.takes {
        Takes::Nothing => String::new(),
        Takes::Whole { .. } => " -x".to_string(),
        Takes::Path(_) => " -r -F".to_string(),
        Takes::Choice(words) => format!(" -x -a {}", quoted(&words.join(" "))),
    };
    format!("{short}-l {}{value} -d {}", flag.long, quoted(flag.help))
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_offer_every_command_and_its_flags() {
        for shell in SHELLS {
            let script = script(shell).unwrap();
            for command in command::ALL {
                assert!(script.contains(command.name), "{shell} lacks {}", command.name);
            }
            assert!(script.contains("dry-run"), "{shell} lacks the flags of fix");
        }
        assert_eq!(script("powershell"), None);
    }

    #[test]
    fn quotes_in_help_stay_inside_the_word() {
        assert_eq!(quoted("nnrun's"), "'nnrun\\'s'");
    }
}
