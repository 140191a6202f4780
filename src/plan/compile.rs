use std::collections::BTreeMap;
use std::sync::Arc;

use crate::check::elaborate::{Elaborator, InputDecl, Update};
use crate::check::measure::answered;
use crate::check::training::{self, Pass};
use crate::check::{Clip, Tensor, TrainItem, Value, World};
use crate::diag::{Diagnostic, Problems, codes};
use crate::engine::graph::{Graph, Map, NodeId, Op, ScalarId, SlotId};
use crate::engine::program::{InputInfo, Program};
use crate::engine::{gradient, rewrite};
use crate::types::{Domain, Shape};

use super::host::Host;
use super::insight::insight;
use super::layout::{Group, Layout};
use super::limit;
use super::row_order::reads_row_order;
use super::training_plan::{Answer, Feed, Plan, Rate, UpdatePlan};

/// Compiles a training. The world's data views must be fitted: every extent a number.
pub fn compile(world: &World, item: &TrainItem) -> Result<Plan, Problems> {
    let step_pass = training::pass(world, item, true);
    let forward_pass = training::pass(world, item, false);
    let mut problems = step_pass.elaborator.problems.clone();
    problems.extend(forward_pass.elaborator.problems.clone());
    if problems.has_errors() {
        return Err(problems);
    }
    let (Some(loss), Some(out)) = (step_pass.loss.clone(), forward_pass.out.clone()) else { return Err(problems) };
    if let Err(d) = limit::check(&step_pass.elaborator.slots) {
        problems.push(d);
        return Err(problems);
    }
    let Some(mut layout) = Layout::new(&step_pass.elaborator.slots, item) else {
        problems.push(
            Diagnostic::new(&codes::MISSING, "some parameters have no optimizer")
                .at(item.span, "an optimizer by path leaves others out")
                .help("add the paths that are missing, or `freeze` them"),
        );
        return Err(problems);
    };
    let init = init_program(&step_pass.elaborator);
    let mut updates = Vec::new();
    let mut state_inits: Vec<StateInit> = Vec::new();
    for g in 0..layout.groups.len() {
        let group = layout.groups[g].clone();
        update_programs(world, item, &group, &mut layout, &mut updates, &mut state_inits, &mut problems);
    }
    let state = layout.end();
    let gradients = layout.add_gradients();
    let updates = updates.into_iter().filter_map(|u| bind_update(u, &layout)).collect();
    if problems.has_errors() {
        return Err(problems);
    }
    let (step, step_feeds) = step_program(&step_pass, &loss, item, &layout);
    let (step, step_host) = Host::split(step);
    let e = &step_pass.elaborator;
    let insight = insight(e, &loss, step_pass.weight.as_ref(), batch_loss, inputs(&e.inputs).0);
    let (forward, answers, forward_feeds) =
        forward_program(world, &forward_pass.elaborator, forward_pass.loss.as_ref(), out, item, &layout, true);
    let init = with_states(init, state_inits);
    let norm = matches!(item.clip, Some(Clip::Norm(_))).then(|| norm_program(&layout));
    let rate = rate(world, item);
    let needs_two_rows = !step_pass.elaborator.updates.is_empty();
    Ok(Plan {
        arena: layout.end(),
        state,
        init,
        step_host,
        norm,
        updates,
        rate,
        gradients,
        forward,
        answers,
        step_feeds,
        forward_feeds,
        clip: item.clip,
        layers: forward_pass.elaborator.layers,
        insight: Arc::new(insight),
        whole_batch: step_pass.whole_batch,
        warnings: problems.sorted(),
        needs_two_rows,
        reads_row_order: reads_row_order(&step.graph),
        step,
        parts: layout.parts,
        slots: layout.slots,
    })
}

fn init_program(e: &Elaborator<'_>) -> Program {
    let outputs: Vec<NodeId> = e.slots.iter().map(|s| s.init).collect();
    let (graph, map) = rewrite::simplify_final(&e.graph, &outputs);
    let outputs = outputs.iter().filter_map(|n| map[n.0 as usize]).collect();
    Program { graph, outputs, scalars: e.scalars.clone(), ..Program::default() }
}

/// The initial value of an optimizer's state, which may read its arguments and so a schedule.
struct StateInit {
    graph: Graph,
    node: NodeId,
    scalars: Vec<Arc<str>>,
}

/// The initial values of optimizer states behind those of the model.
fn with_states(mut init: Program, states: Vec<StateInit>) -> Program {
    for StateInit { graph, node, scalars } in states {
        let ids: Vec<ScalarId> = scalars.into_iter().map(|name| scalar_of(&mut init, name)).collect();
        let base = init.graph.nodes.len() as u32;
        for node in &graph.nodes {
            let mut node = node.clone();
            node.args.iter_mut().for_each(|a| a.0 += base);
            if let Op::Scalar(id) = &mut node.op {
                *id = ids[id.0 as usize];
            }
            init.graph.nodes.push(node);
        }
        init.outputs.push(NodeId(node.0 + base));
    }
    init
}

/// The program's scalar of that name, made on first use.
fn scalar_of(program: &mut Program, name: Arc<str>) -> ScalarId {
    let known = program.scalars.iter().position(|s| *s == name);
    let at = known.unwrap_or_else(|| {
        program.scalars.push(name);
        program.scalars.len() - 1
    });
    ScalarId(at as u32)
}

pub(super) fn inputs(decls: &[InputDecl]) -> (Vec<InputInfo>, Vec<Feed>) {
    let infos = decls
        .iter()
        .map(|i| InputInfo { name: i.name.clone(), shape: i.shape.concrete(1).unwrap_or_default() })
        .collect();
    let width = |i: &InputDecl| i.shape.concrete(1).unwrap_or_default().iter().product();
    let feeds = decls.iter().filter_map(|i| Feed::of(&i.name, width(i))).collect();
    (infos, feeds)
}

/// The loss of the batch: `Σ w·l / Σ w`, the mean where rows have no weights.
fn batch_loss(e: &mut Graph, loss: &Tensor, weight: Option<&Tensor>) -> NodeId {
    if !loss.batched {
        return loss.node;
    }
    let mut at = e.at(loss.node);
    match weight {
        Some(w) => {
            let weighted = at.mul(loss.node, w.node);
            let (total, weights) = (at.sum_all(weighted), at.sum_all(w.node));
            at.div(total, weights)
        }
        None => {
            let total = at.sum_all(loss.node);
            let rows = at.node(Op::Length { axis: 0 }, &[loss.node]);
            at.div(total, rows)
        }
    }
}

fn step_program(pass: &Pass<'_>, loss: &Tensor, item: &TrainItem, layout: &Layout) -> (Program, Vec<Feed>) {
    let e = &pass.elaborator;
    let mut graph = e.graph.clone();
    let total = batch_loss(&mut graph, loss, pass.weight.as_ref());
    let buffers: Vec<&Update> = e.updates.iter().collect();
    let wanted: Vec<NodeId> = [total].into_iter().chain(buffers.iter().map(|u| u.node)).collect();
    let (simple, map) = rewrite::simplify(&graph, &wanted);
    let simplified = |n: NodeId| map[n.0 as usize].unwrap_or(n);
    let simple_wanted: Vec<NodeId> = wanted.iter().map(|n| simplified(*n)).collect();
    let (mut graph, centred) = rewrite::centre(&simple, &simple_wanted);
    let moved = |n: NodeId| centred[simplified(n).0 as usize].unwrap_or(n);
    let total = moved(total);
    let buffer_updates: Vec<(SlotId, NodeId)> = buffers.iter().map(|u| (u.slot, moved(u.node))).collect();
    let slots: BTreeMap<SlotId, NodeId> = graph
        .nodes
        .iter()
        .enumerate()
        .filter_map(|(i, n)| match n.op {
            Op::Slot(id) => Some((id, NodeId(i as u32))),
            _ => None,
        })
        .collect();
    let trained: Vec<(SlotId, SlotId)> =
        layout.groups.iter().flat_map(|g| g.members.iter().copied().zip(g.gradients.iter().copied())).collect();
    let reached: Vec<(SlotId, SlotId, NodeId)> =
        trained.iter().filter_map(|(p, g)| slots.get(p).map(|n| (*p, *g, *n))).collect();
    let nodes: Vec<NodeId> = reached.iter().map(|(.., n)| *n).collect();
    let derivatives = gradient::gradient(&mut graph, total, &nodes);
    let mut updates = buffer_updates;
    for ((_, slot, _), derivative) in reached.iter().zip(derivatives) {
        // What can't influence the loss was said by the check; a bias that a mean takes away again has derivative 0,
        // which its place in the arena is from the start.
        let Some(mut node) = derivative else { continue };
        if item.accumulate > 1 {
            node = accumulated(&mut graph, node, *slot, layout, item.accumulate);
        }
        updates.push((*slot, node));
    }
    let outputs: Vec<NodeId> = [total].into_iter().chain(updates.iter().map(|(_, n)| *n)).collect();
    let (simple, map) = rewrite::simplify_final(&graph, &outputs);
    let simplified = |n: &NodeId| map[n.0 as usize].unwrap_or(*n);
    let simple_outputs: Vec<NodeId> = outputs.iter().map(simplified).collect();
    let (graph, gathered) = rewrite::gather_sums(&simple, &simple_outputs);
    let moved = |n: &NodeId| gathered[simplified(n).0 as usize].unwrap_or(*n);
    let updates = updates.iter().map(|(s, n)| (*s, moved(n))).collect();
    let (infos, feeds) = inputs(&e.inputs);
    let program = Program {
        outputs: vec![moved(&total)],
        graph,
        inputs: infos,
        slots: layout.slots.clone(),
        scalars: e.scalars.clone(),
        updates,
    };
    (program, feeds)
}

/// The gradient of one of several batches, added to what came before.
fn accumulated(graph: &mut Graph, node: NodeId, slot: SlotId, layout: &Layout, batches: usize) -> NodeId {
    let shape = Shape::of(layout.slots[slot.0 as usize].shape.iter().copied());
    let mut at = graph.at(node);
    let share = at.scale(node, 1.0 / batches as f64);
    let before = at.node_shaped(Op::Slot(slot), &[], shape);
    at.add(before, share)
}

/// The learning rate as the first optimizer has it.
fn rate(world: &World, item: &TrainItem) -> Rate {
    let optimizer = item.optimizers.first().map(|(_, o)| o);
    let Some(pass) = optimizer.and_then(|o| training::update_pass(world, o, Shape::of([1]))) else {
        return Rate::Fixed(f64::NAN);
    };
    match pass.lr {
        Some(Value::Tensor(t)) => {
            let (graph, map) = rewrite::simplify_final(&pass.elaborator.graph, &[t.node]);
            let outputs = map[t.node.0 as usize].into_iter().collect();
            Rate::Scheduled(Program { graph, outputs, scalars: pass.elaborator.scalars.clone(), ..Program::default() })
        }
        Some(value) => Rate::Fixed(value.as_number().unwrap_or(f64::NAN)),
        None => Rate::Fixed(f64::NAN),
    }
}

/// The squared norm of all gradients, group by group.
fn norm_program(layout: &Layout) -> Program {
    let mut graph = Graph::default();
    let mut at = graph.at_place(&Default::default());
    let mut total: Option<NodeId> = None;
    for slot in layout.groups.iter().filter_map(|g| g.gradient) {
        let shape = Shape::of(layout.slots[slot.0 as usize].shape.iter().copied());
        let node = at.node_shaped(Op::Slot(slot), &[], shape);
        let square = at.mul(node, node);
        let sum = at.sum_all(square);
        total = Some(total.map_or(sum, |t| at.add(t, sum)));
    }
    let outputs = total.into_iter().collect();
    Program { graph, outputs, slots: layout.slots.clone(), ..Program::default() }
}

/// An update before gradients have their place.
struct Unbound {
    program: Program,
    optimizer: usize,
    paths: Vec<Arc<str>>,
    /// Slots of the program by their own number: value, gradient (bound later), states.
    value: SlotId,
    gradient: GradientOf,
    states: Vec<SlotId>,
}

enum GradientOf {
    Group(usize),
    Member(usize, usize),
}

#[allow(clippy::too_many_arguments)]
fn update_programs(
    world: &World,
    item: &TrainItem,
    group: &Group,
    layout: &mut Layout,
    updates: &mut Vec<Unbound>,
    inits: &mut Vec<StateInit>,
    problems: &mut Problems,
) {
    let index = layout.groups.iter().position(|g| g.optimizer == group.optimizer).unwrap_or(0);
    let Some(view) = group.value else { return };
    let flat = layout.slots[view.0 as usize].shape.clone();
    let optimizer = &item.optimizers[group.optimizer].1;
    let Some(pass) = training::update_pass(world, optimizer, Shape::of(flat.iter().copied())) else { return };
    let prefix = if layout.groups.len() > 1 { format!("optimizer.{index}") } else { "optimizer".to_string() };
    let paths: Vec<Arc<str>> = group.members.iter().map(|m| layout.slots[m.0 as usize].path.clone()).collect();
    if pass.elementwise {
        let unbound =
            one_update(pass.elaborator, view, GradientOf::Group(index), &prefix, paths, group, item, layout, inits);
        updates.push(unbound);
        return;
    }
    problems.extend(pass.elaborator.problems);
    for (i, member) in group.members.iter().enumerate() {
        let info = layout.slots[member.0 as usize].clone();
        let shape = Shape::of(info.shape.iter().copied());
        let Some(pass) = training::update_pass(world, optimizer, shape) else { return };
        let prefix = format!("{prefix}.{}", info.path);
        let of = GradientOf::Member(index, i);
        updates.push(one_update(pass.elaborator, *member, of, &prefix, vec![info.path], group, item, layout, inits));
    }
}

#[allow(clippy::too_many_arguments)]
fn one_update(
    e: Elaborator<'_>,
    value: SlotId,
    gradient: GradientOf,
    prefix: &str,
    paths: Vec<Arc<str>>,
    group: &Group,
    item: &TrainItem,
    layout: &mut Layout,
    inits: &mut Vec<StateInit>,
) -> Unbound {
    let mut graph = e.graph.clone();
    let mut scalars = e.scalars.clone();
    let mut updates: Vec<(SlotId, NodeId)> = e.updates.iter().map(|u| (u.slot, u.node)).collect();
    if let Some(clip) = item.clip {
        let moved = clipped(&mut graph, clip, &mut scalars);
        updates.iter_mut().for_each(|(_, n)| *n = moved[n.0 as usize]);
    }
    let outputs: Vec<NodeId> = updates.iter().map(|(_, n)| *n).collect();
    let mut states = Vec::new();
    for state in e.slots.iter().skip(2) {
        let shape = state.shape.concrete(0).unwrap_or_default();
        let id = layout.add_state(format!("{prefix}.{}", state.path), shape, state.span);
        states.push(id);
        let (init, map) = rewrite::simplify_final(&e.graph, &[state.init]);
        if let Some(node) = map[state.init.0 as usize] {
            inits.push(StateInit { graph: init, node, scalars: e.scalars.clone() });
        }
    }
    let (graph, map) = rewrite::without_zeros(&graph, &outputs);
    updates.iter_mut().for_each(|(_, n)| *n = map[n.0 as usize].unwrap_or(*n));
    let program = Program { graph, scalars, updates, ..Program::default() };
    Unbound { program, optimizer: group.optimizer, paths, value, gradient, states }
}

/// Reads of the gradient become reads of the clipped one; gives the new number of each node.
fn clipped(graph: &mut Graph, clip: Clip, scalars: &mut Vec<Arc<str>>) -> Vec<NodeId> {
    let reads: Vec<usize> = (0..graph.nodes.len()).filter(|&i| graph.nodes[i].op == Op::Slot(SlotId(1))).collect();
    let mut old = std::mem::take(graph);
    // Nodes refer backwards only, so the graph is copied with the clip behind each read.
    let mut new: Vec<NodeId> = Vec::with_capacity(old.nodes.len());
    for (i, node) in old.nodes.drain(..).enumerate() {
        let mut node = node;
        node.args.iter_mut().for_each(|a| *a = new[a.0 as usize]);
        let place = node.place.clone();
        graph.nodes.push(node);
        let mut id = NodeId(graph.nodes.len() as u32 - 1);
        if reads.contains(&i) {
            let mut at = graph.at_place(&place);
            id = match clip {
                Clip::Norm(_) => {
                    let known = scalars.iter().position(|s| &**s == "clip");
                    let scalar = crate::engine::graph::ScalarId(known.unwrap_or(scalars.len()) as u32);
                    if known.is_none() {
                        scalars.push("clip".into());
                    }
                    let scale = at.node_shaped(Op::Scalar(scalar), &[], Shape::scalar());
                    at.mul(id, scale)
                }
                Clip::Value(max) => {
                    let (high, low) = (at.constant(max), at.constant(-max));
                    let cut = at.map(Map::Min, &[id, high]);
                    at.map(Map::Max, &[cut, low])
                }
            };
        }
        new.push(id);
    }
    new
}

/// Numbers of the update's own slots become those of the arena.
fn bind_update(u: Unbound, layout: &Layout) -> Option<UpdatePlan> {
    let gradient = match u.gradient {
        GradientOf::Group(g) => layout.groups.get(g)?.gradient?,
        GradientOf::Member(g, i) => *layout.groups.get(g)?.gradients.get(i)?,
    };
    let own = |id: SlotId| match id.0 {
        0 => Some(u.value),
        1 => Some(gradient),
        n => u.states.get(n as usize - 2).copied(),
    };
    let mut program = u.program;
    for node in &mut program.graph.nodes {
        if let Op::Slot(id) = node.op {
            node.op = Op::Slot(own(id)?);
        }
    }
    for (slot, _) in &mut program.updates {
        *slot = own(*slot)?;
    }
    program.slots = layout.slots.clone();
    let (program, host) = Host::split(program);
    Some(UpdatePlan { program, host, optimizer: u.optimizer, paths: u.paths })
}

/// The model as it answers: probabilities and values, and the loss of each row.
pub(super) fn forward_program(
    world: &World,
    e: &Elaborator<'_>,
    loss: Option<&Tensor>,
    out: Value,
    item: &TrainItem,
    layout: &Layout,
    link: bool,
) -> (Program, Vec<Answer>, Vec<Feed>) {
    let mut graph = e.graph.clone();
    let mut answers = Vec::new();
    let mut outputs = Vec::new();
    let fields: Vec<(Arc<str>, Value)> = match out {
        Value::Record(fields) => fields,
        other => vec![("out".into(), other)],
    };
    for (name, value) in fields {
        let Value::Tensor(t) = value else { continue };
        let node = if link { linked(&mut graph, &t) } else { t.node };
        let shape = graph.shape(node).concrete(1).unwrap_or_default();
        let width = shape.iter().skip(usize::from(t.batched)).product();
        let view = world.data.get(&item.data);
        let target = view.and_then(|view| answered(&item.model, &name, view)).map(|t| t.name.clone());
        answers.push(Answer { name, domain: t.domain.clone(), width, target });
        outputs.push(node);
    }
    if let Some(loss) = loss {
        outputs.push(loss.node);
    }
    let (mut graph, map) = rewrite::simplify_final(&graph, &outputs);
    let outputs: Vec<NodeId> = outputs.iter().map(|n| map[n.0 as usize].unwrap_or(*n)).collect();
    let ids: Vec<Option<SlotId>> = e.slots.iter().map(|s| layout.by_path.get(&s.path).copied()).collect();
    for node in &mut graph.nodes {
        if let Op::Slot(id) = node.op
            && let Some(Some(own)) = ids.get(id.0 as usize)
        {
            node.op = Op::Slot(*own);
        }
    }
    let (infos, feeds) = inputs(&e.inputs);
    let program = Program {
        graph,
        inputs: infos,
        slots: layout.slots.clone(),
        scalars: e.scalars.clone(),
        outputs,
        updates: vec![],
    };
    (program, answers, feeds)
}

/// Probabilities in place of scores: what is reported is always a probability.
fn linked(graph: &mut Graph, t: &Tensor) -> NodeId {
    let axis = usize::from(t.batched);
    let mut at = graph.at(t.node);
    match t.domain {
        Domain::Logit => at.map(Map::Sigmoid, &[t.node]),
        Domain::LogProbOf(_) => at.exp(t.node),
        Domain::LogitOf(_) => {
            let shape = at.shape(t.node).clone();
            let largest = at.reduce(crate::engine::graph::Reduction::Max, t.node, &[axis]);
            let wide = at.expand_to(largest, &[axis], &shape);
            let shifted = at.sub(t.node, wide);
            let e = at.exp(shifted);
            let sum = at.sum(e, &[axis]);
            let wide = at.expand_to(sum, &[axis], &shape);
            at.div(e, wide)
        }
        _ => t.node,
    }
}
