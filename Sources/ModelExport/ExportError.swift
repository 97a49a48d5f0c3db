package import BoundedJSON
package import DataFiles
package import ModelFiles
package import Tokenization

/// Why a model cannot be written in another form.
package enum ExportError: Error, Sendable, Equatable {
  /// A file of the model or the adapter is at fault, or a file cannot be written.
  case model(ModelFileError)
  /// The tokenizer cannot be read, or has no form in `tokenizer.json`.
  case tokenizer(TokenizationError)
  /// The output directory has something in it.
  case notEmpty(directory: String)
  /// The system refused.
  case file(DataFileError)
  /// The source's `config.json` is no JSON.
  case json(file: String, JSONError)
  /// Something that the model does has no place in Hugging Face's form.
  case noForm(what: String)
}

extension ExportError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .model(let error): "\(error)"
    case .tokenizer(let error): "the model's tokenizer: \(error)"
    case .notEmpty(let directory): "\(directory) is not empty: name a new directory, so that nothing is overwritten"
    case .file(let error): "\(error)"
    case .json(let file, let error): "\(file): \(error)"
    case .noForm(let what): "\(what) has no place in a Hugging Face directory"
    }
  }
}
