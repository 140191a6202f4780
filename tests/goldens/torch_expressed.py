"""Modules of torch.nn that the library does not have, written in the language. The format is described in `torch_cases.py`; `nn` is
the module's name in PyTorch. The lines stand in `docs/torch.md`.
"""

import torch
import torch.nn.functional as F
from torch import nn

from torch_cases import F64, case, grid, write


def layer(name, text, module, x, *, given=None, result, head=None, **options):
    """`text` defines the layer that `head` uses."""
    given = given or f"real{list(x.shape[1:])}"
    program = f"{text.strip()}\nmodel M(x: {given}) -> {result} {{ f: {head} }}"
    return case(name, name, program, lambda m, x: m(x), {"x": x}, module=module, floor=1, **options)


def body(name, lines, function, x, *, result):
    """A model of a few lines."""
    program = f"model M(x: real{list(x.shape[1:])}) -> {result} {{\n{lines.strip(chr(10))}\n}}"
    return case(name, name, program, lambda _, x: function(x), {"x": x})


def pads():
    x = grid(2, 3, 5, seed=1)
    wide = "real[3, 9]"
    yield body("ZeroPad1d", "  let edge = 0 * slice(x, dim = -1, to = 2)\n  return concat(edge, x, edge)", nn.ZeroPad1d(2), x, result=wide)
    yield body("ConstantPad1d", "  let edge = 0 * slice(x, dim = -1, to = 2) + 1.5\n  return concat(edge, x, edge)", nn.ConstantPad1d(2, 1.5), x, result=wide)
    lines = "  let first = slice(x, dim = -1, to = 1)\n  let last  = slice(x, dim = -1, from = 4, to = 5)\n  return concat(first, first, x, last, last)"
    yield body("ReplicationPad1d", lines, nn.ReplicationPad1d(2), x, result=wide)
    lines = "  let before = flip(slice(x, dim = -1, from = 1, to = 3), dim = -1)\n  let after  = flip(slice(x, dim = -1, from = 2, to = 4), dim = -1)\n  return concat(before, x, after)"
    yield body("ReflectionPad1d", lines, nn.ReflectionPad1d(2), x, result=wide)
    lines = "  return concat(slice(x, dim = -1, from = 3, to = 5), x, slice(x, dim = -1, to = 2))"
    yield body("CircularPad1d", lines, nn.CircularPad1d(2), x, result=wide)


def pools():
    """With windows side by side: `stride` is `kernel_size`."""
    x = grid(2, 3, 8, seed=2)
    x[0, 0] = 0
    yield body("AvgPool1d", "  return mean(reshape(x, [3, 4, 2]), dim = -1)", nn.AvgPool1d(2), x, result="real[3, 4]")
    # At a tie amax shares the gradient, and PyTorch's pooling gives it to the first.
    yield body("MaxPool1d", "  return amax(reshape(x, [3, 4, 2]), dim = -1)", nn.MaxPool1d(2), grid(2, 3, 8, seed=3), result="real[3, 4]")
    yield body("LPPool1d", "  return sum(reshape(x, [3, 2, 4])^2, dim = -1)^0.5", nn.LPPool1d(2, 4), grid(2, 3, 8, seed=4), result="real[3, 2]")
    yield body("AdaptiveAvgPool1d", "  return mean(reshape(x, [3, 2, 4]), dim = -1)", nn.AdaptiveAvgPool1d(2), x, result="real[3, 2]")
    yield body("AdaptiveMaxPool1d", "  return amax(reshape(x, [3, 2, 4]), dim = -1)", nn.AdaptiveMaxPool1d(2), grid(2, 3, 8, seed=5), result="real[3, 2]")
    image = grid(2, 3, 4, 6, seed=6)
    lines = "  return mean(mean(reshape(x, [3, 2, 2, 3, 2]), dim = -1), dim = -2)"
    yield body("AvgPool2d", lines, nn.AvgPool2d(2), image, result="real[3, 2, 3]")
    lines = "  return amax(amax(reshape(x, [3, 2, 2, 3, 2]), dim = -1), dim = -2)"
    yield body("MaxPool2d", lines, nn.MaxPool2d(2), grid(2, 3, 4, 6, seed=7), result="real[3, 2, 3]")


def rearranged():
    x = grid(2, 6, 4, seed=8)
    lines = "  let groups = reshape(x, [2, 3, 4])\n  return reshape(permute(groups, [-2, -3, -1]), [6, 4])"
    yield body("ChannelShuffle", lines, nn.ChannelShuffle(2), x, result="real[6, 4]")
    image = grid(2, 8, 2, 3, seed=9)
    lines = "  let parts = reshape(x, [2, 2, 2, 2, 3])\n  return reshape(permute(parts, [-5, -2, -4, -1, -3]), [2, 4, 6])"
    yield body("PixelShuffle", lines, nn.PixelShuffle(2), image, result="real[2, 4, 6]")
    lines = "  let parts = reshape(x, [2, 2, 2, 3, 2])\n  return reshape(permute(parts, [-5, -3, -1, -4, -2]), [8, 2, 3])"
    yield body("PixelUnshuffle", lines, nn.PixelUnshuffle(2), grid(2, 2, 4, 6, seed=10), result="real[8, 2, 3]")
    lines = "  return reshape(stack(x, x), [6, 8])"
    yield body("Upsample", lines, nn.Upsample(scale_factor=2), x, result="real[6, 8]")
    image = grid(2, 3, 2, 3, seed=11)
    lines = "  let wide = reshape(stack(x, x), [3, 2, 6])\n  return reshape(stack(wide.T, wide.T), [3, 6, 4]).T"
    yield body("UpsamplingNearest2d", lines, nn.UpsamplingNearest2d(scale_factor=2), image, result="real[3, 4, 6]")


class Unrolled(nn.Module):
    """A recurrent module with its weights under the names of a cell; gives the last state."""

    def __init__(self, kind):
        super().__init__()
        self.cell = {"RNN": nn.RNNCell, "GRU": nn.GRUCell, "LSTM": nn.LSTMCell}[kind](4, 3)
        self.kind = kind

    def forward(self, x):
        whole = getattr(nn, self.kind)(4, 3, batch_first=True).to(x.dtype)
        weights = {f"{n}_l0": p for n, p in self.cell.named_parameters()}
        out, _ = torch.func.functional_call(whole, weights, (x,))
        return out[:, -1]


def recurrent():
    """Over three steps."""
    x = grid(2, 3, 4, seed=12)
    for kind in ["RNN", "GRU"]:
        text = f"""
layer {kind}(hidden_size: int)(x: real[3, n]) -> real[hidden_size] {{
  cell: {kind}Cell(hidden_size)
  let steps = reshape(x, [3, n])
  let zero  = 0 * reshape(arange(hidden_size), [hidden_size])
  let h1 = cell(reshape(slice(x, dim = -2, from = 0, to = 1), [n]), zero)
  let h2 = cell(reshape(slice(x, dim = -2, from = 1, to = 2), [n]), h1)
  return cell(reshape(slice(x, dim = -2, from = 2, to = 3), [n]), h2)
}}"""
        text = text.replace("  let steps = reshape(x, [3, n])\n", "").replace("reshape(arange(hidden_size), [hidden_size])", "arange(hidden_size)")
        yield layer(kind, text, Unrolled(kind), x, result="real[3]", head=f"{kind}(3)")
    text = """
layer LSTM(hidden_size: int)(x: real[3, n]) -> real[hidden_size] {
  cell: LSTMCell(hidden_size)
  let zero = 0 * arange(hidden_size)
  let s1 = cell(reshape(slice(x, dim = -2, from = 0, to = 1), [n]), zero, zero)
  let s2 = cell(reshape(slice(x, dim = -2, from = 1, to = 2), [n]), s1.h, s1.c)
  let s3 = cell(reshape(slice(x, dim = -2, from = 2, to = 3), [n]), s2.h, s2.c)
  return s3.h
}"""
    yield layer("LSTM", text, Unrolled("LSTM"), x, result="real[3]", head="LSTM(3)")


ATTENTION = """
layer MultiheadAttention(num_heads: int, head_dim: int)(x: real[t, num_heads * head_dim]) -> real[t, num_heads * head_dim] {
  parameter in_proj_weight: real[3 * num_heads * head_dim, num_heads * head_dim] = xavier_uniform(num_heads * head_dim, 3 * num_heads * head_dim)
  parameter in_proj_bias:   real[3 * num_heads * head_dim] = 0
  out_proj: Linear(num_heads * head_dim)
  let all    = reshape(x @ in_proj_weight.T + in_proj_bias, [t, 3, num_heads, head_dim])
  let heads  = permute(all, [-3, -2, -4, -1])
  let q      = reshape(slice(heads, dim = -4, from = 0, to = 1), [num_heads, t, head_dim])
  let k      = reshape(slice(heads, dim = -4, from = 1, to = 2), [num_heads, t, head_dim])
  let v      = reshape(slice(heads, dim = -4, from = 2, to = 3), [num_heads, t, head_dim])
  let scores = q @ k.T / sqrt(head_dim)
  let share  = exp(scores - logsumexp(scores, dim = -1, keepdim = true))
  return out_proj(reshape(permute(share @ v, [-2, -3, -1]), [t, num_heads * head_dim]))
}"""

ENCODER = """
layer TransformerEncoderLayer(num_heads: int, head_dim: int, dim_feedforward: int)(
  x: real[t, num_heads * head_dim],
) -> real[t, num_heads * head_dim] {
  self_attn: MultiheadAttention(num_heads, head_dim)
  linear1:   Linear(dim_feedforward)
  linear2:   Linear(num_heads * head_dim)
  norm1:     LayerNorm
  norm2:     LayerNorm
  let a = norm1(x + self_attn(x))
  return norm2(a + linear2(relu(linear1(a))))
}"""


class SelfAttention(nn.MultiheadAttention):
    def forward(self, x):
        return super().forward(x, x, x, need_weights=False)[0]


class Layers(nn.Module):
    """With the paths of a `repeat`: each time is a block of one layer."""

    def __init__(self, blocks):
        super().__init__()
        self.layers = nn.Sequential(*(nn.Sequential(block) for block in blocks))

    def forward(self, x):
        return self.layers(x)


def attention():
    x = grid(2, 3, 4, seed=13, scale=1.0)
    yield layer("MultiheadAttention", ATTENTION, SelfAttention(4, 2, batch_first=True), x, result="real[3, 4]", head="MultiheadAttention(2, 2)")
    block = nn.TransformerEncoderLayer(4, 2, 6, dropout=0, batch_first=True)
    text = ATTENTION + ENCODER
    yield layer("TransformerEncoderLayer", text, block, x, result="real[3, 4]", head="TransformerEncoderLayer(2, 2, 6)")
    blocks = nn.TransformerEncoder(block, 2, enable_nested_tensor=False).layers
    text = text + "\nlayer TransformerEncoder() { layers: repeat(2) { TransformerEncoderLayer(2, 2, 6) } }"
    yield layer("TransformerEncoder", text, Layers(blocks), x, result="real[3, 4]", head="TransformerEncoder")


def images():
    """Of channels, height and width, and one axis more."""
    x = grid(2, 2, 3, 4, seed=21)
    result = "real[2, 5, 6]"
    sides = "  let wide = concat({a}, x, {b})\n  return concat({c}, wide, {d}, dim = -2)"
    column = lambda i: f"slice(x, dim = -1, from = {i}, to = {i + 1})"
    row = lambda i: f"slice(wide, dim = -2, from = {i}, to = {i + 1})"
    zero = sides.format(a="0 * " + column(0), b="0 * " + column(0), c="0 * " + row(0), d="0 * " + row(0))
    yield body("ZeroPad2d", zero, nn.ZeroPad2d(1), x, result=result)
    filled = "  let side = 0 * slice(x, dim = -1, to = 1) + 1.5\n  let wide = concat(side, x, side)\n  let edge = 0 * slice(wide, dim = -2, to = 1) + 1.5\n  return concat(edge, wide, edge, dim = -2)"
    yield body("ConstantPad2d", filled, nn.ConstantPad2d(1, 1.5), x, result=result)
    same = sides.format(a=column(0), b=column(3), c=row(0), d=row(2))
    yield body("ReplicationPad2d", same, nn.ReplicationPad2d(1), x, result=result)
    mirrored = sides.format(a=column(1), b=column(2), c=row(1), d=row(1))
    yield body("ReflectionPad2d", mirrored, nn.ReflectionPad2d(1), x, result=result)
    around = sides.format(a=column(3), b=column(0), c=row(2), d=row(0))
    yield body("CircularPad2d", around, nn.CircularPad2d(1), x, result=result)
    image, cube = grid(2, 3, 4, 6, seed=22), grid(2, 2, 2, 4, 6, seed=23)
    halves = "reshape(x, [3, 2, 2, 3, 2])"
    yield body("LPPool2d", f"  return sum({halves}^2, dim = [-1, -3])^0.5", nn.LPPool2d(2, 2), image, result="real[3, 2, 3]")
    yield body("AdaptiveAvgPool2d", f"  return mean({halves}, dim = [-1, -3])", nn.AdaptiveAvgPool2d((2, 3)), image, result="real[3, 2, 3]")
    yield body("AdaptiveMaxPool2d", f"  return amax({halves}, dim = [-1, -3])", nn.AdaptiveMaxPool2d((2, 3)), image, result="real[3, 2, 3]")
    eighths = "reshape(x, [2, 1, 2, 2, 2, 3, 2])"
    for kind, function in [("Avg", "mean"), ("Max", "amax")]:
        lines = f"  return {function}({eighths}, dim = [-1, -3, -5])"
        yield body(f"{kind}Pool3d", lines, getattr(nn, f"{kind}Pool3d")(2), cube, result="real[2, 1, 2, 3]")
        yield body(f"Adaptive{kind}Pool3d", lines, getattr(nn, f"Adaptive{kind}Pool3d")((1, 2, 3)), cube, result="real[2, 1, 2, 3]")
    for dims, axes, given, sizes in [(2, "h, w", "real[3, 4, 6]", "1, 1"), (3, "d, h, w", "real[2, 2, 4, 6]", "1, 1, 1")]:
        text = f"""
layer BatchNorm{dims}d(eps: real = 1e-5, momentum: real = 0.1)(x: real[batch, c, {axes}]) -> real[batch, c, {axes}] {{
  parameter weight: real[c] = 1
  parameter bias:   real[c] = 0
  buffer running_mean: real[c] = 0
  buffer running_var:  real[c] = 1
  let m = if training then mean(x, dim = [batch, {axes}]) else running_mean
  let v = if training then var(x, dim = [batch, {axes}], correction = 0) else running_var
  running_mean <- lerp(running_mean, m, momentum) when training
  running_var  <- lerp(running_var, var(x, dim = [batch, {axes}], correction = 1), momentum) when training
  return (x - reshape(m, [c, {sizes}])) * reshape(weight / sqrt(v + eps), [c, {sizes}]) + reshape(bias, [c, {sizes}])
}}"""
        of = image if dims == 2 else cube
        yield layer(f"BatchNorm{dims}d", text, getattr(nn, f"BatchNorm{dims}d")(of.shape[1]), of, result=given, head=f"BatchNorm{dims}d")
        text = f"""
layer InstanceNorm{dims}d(eps: real = 1e-5)(x: real[c, {axes}]) -> real[c, {axes}] {{
  let m = mean(x, dim = [{axes}], keepdim = true)
  return (x - m) / sqrt(var(x, dim = [{axes}], correction = 0, keepdim = true) + eps)
}}"""
        yield layer(f"InstanceNorm{dims}d", text, getattr(nn, f"InstanceNorm{dims}d")(of.shape[1]), of, result=given, head=f"InstanceNorm{dims}d")
    lines = "  let edge = 0 * slice(x, dim = -3, to = 1)\n  let all  = concat(edge, x^2, edge, dim = -3)\n  let near = slice(all, dim = -3, to = 3) + slice(all, dim = -3, from = 1, to = 4) + slice(all, dim = -3, from = 2, to = 5)\n  return x / (1 + 1e-4 * near / 3)^0.75"
    yield body("LocalResponseNorm", lines, nn.LocalResponseNorm(3), image, result="real[3, 4, 6]")


def losses():
    z, y = grid(4, 6, seed=14), torch.tensor([0, 2, 1, 2])
    module = nn.Linear(6, 3)
    text = """
model M(x: real[6], y: label(3)) -> real {
  f: Linear(3)
  return cross_entropy(f(x) as logit(3), y)
}"""
    entropy = lambda m, x, y: F.cross_entropy(m(x), y, reduction="none")
    yield case("LinearCrossEntropyLoss", "LinearCrossEntropyLoss", text.strip(), entropy, {"x": z, "y": y}, module=module)


write(__file__, [*pads(), *pools(), *rearranged(), *images(), *recurrent(), *attention(), *losses()])
