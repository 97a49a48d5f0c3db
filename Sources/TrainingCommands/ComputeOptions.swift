package import ArgumentParser
package import Kernels
import LocalInference

package import Training

/// The flags of how a training pass computes.
package struct ComputeOptions: ParsableArguments {
  package init() {}

  @Option(
    help: ArgumentHelp(
      "How products with weights that are not trained are computed: bfloat16 is about twice as fast and rounds them to "
        + "8 bits of precision.", valueName: ProductPrecision.allCases.map(\.rawValue).joined(separator: "|")))
  package var products: ProductPrecision?

  @Option(
    help: ArgumentHelp(
      "How weights that are not trained are kept: unpacked takes 4 bytes a weight, stored what the file takes.",
      valueName: TrainingModel.FrozenStorage.allCases.map(\.rawValue).joined(separator: "|")))
  package var baseStorage = TrainingModel.FrozenStorage.unpacked

  @Option(
    help: ArgumentHelp("Tokens computed together; a step has as many such parts as it takes.", valueName: "tokens"))
  package var microBatchTokens = 4096

  @Flag(help: "Compute each layer again in the backward pass instead of keeping what it gave: less memory.")
  package var recompute = false

  package func validate() throws {
    if !(64...1_048_576).contains(microBatchTokens) {
      throw ValidationError("--micro-batch-tokens must be in 64...1048576, not \(microBatchTokens)")
    }
  }
}

extension ProductPrecision: ExpressibleByArgument {}
extension TrainingModel.FrozenStorage: ExpressibleByArgument {}
