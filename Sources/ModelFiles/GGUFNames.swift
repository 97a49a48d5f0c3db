/// GGUF's names of tensors, and the Hugging Face names they stand for.
enum GGUFNames {
  private static let global = [
    "token_embd.weight": "model.embed_tokens.weight",
    "output_norm.weight": "model.norm.weight",
    "output.weight": "lm_head.weight",
  ]
  private static let inLayer = [
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
  ]

  /// The canonical name; what has none keeps its own.
  static func canonical(_ stored: String) -> String {
    if let name = global[stored] { return name }
    let parts = stored.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 4, parts[0] == "blk", let layer = Int(parts[1]), layer >= 0, String(layer) == parts[1],
      let module = inLayer[String(parts[2])], parts[3] == "weight" || parts[3] == "bias"
    else { return stored }
    return "model.layers.\(layer).\(module).\(parts[3])"
  }

  /// The stored name of a canonical one, for messages that speak of the file.
  static func stored(_ canonical: String) -> String {
    for (stored, name) in global where name == canonical { return stored }
    let parts = canonical.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count >= 5, parts[0] == "model", parts[1] == "layers" else { return canonical }
    let module = parts[3..<parts.count - 1].joined(separator: ".")
    for (stored, name) in inLayer where name == module { return "blk.\(parts[2]).\(stored).\(parts[parts.count - 1])" }
    return canonical
  }
}
