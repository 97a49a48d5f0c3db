// swift-tools-version: 6.2
import PackageDescription

/// Settings every Swift target shares. Warnings are errors, so that nothing is left to be read later.
let shared: [SwiftSetting] = [
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]
/// For the modules that read what a peer sent.
let strict: [SwiftSetting] = shared + [.strictMemorySafety()]

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let collections = Target.Dependency.product(name: "DequeModule", package: "swift-collections")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

/// What `--version` shows.
let commit =
  Context.gitInformation.map { $0.currentCommit.prefix(12) + ($0.hasUncommittedChanges ? "+" : "") } ?? "unknown"

let targets: [Target] = [
  // L0: C, each reachable through one Swift module.
  .target(name: "COpenBLAS"),
  .target(name: "COpenMPI"),
  .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
  .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
  .target(name: "CBuildInfo", cSettings: [.define("PERSRM_COMMIT", to: "\"\(commit)\"")]),
  .target(name: "CKernels", cSettings: [.unsafeFlags(["-O3", "-Wall", "-Wextra", "-Werror"])]),
  // L1: leaves.
  .target(name: "BoundedJSON", swiftSettings: strict),
  .target(name: "Telemetry", dependencies: [logging], swiftSettings: shared),
  .target(name: "HTTP", swiftSettings: strict),
  .target(name: "Tensors", swiftSettings: shared),
  .target(name: "Randomness", swiftSettings: shared),
  .target(name: "Stylometry", swiftSettings: shared),
  // L2: parts.
  .target(name: "Tokenization", dependencies: ["BoundedJSON"], swiftSettings: strict),
  .target(name: "Kernels", dependencies: ["Tensors", "CKernels", "COpenBLAS"], swiftSettings: shared),
  .target(
    name: "ModelFiles", dependencies: ["Tensors", "BoundedJSON", "DataFiles", "Digests"], swiftSettings: shared),
  .target(name: "Models", dependencies: ["Tensors", "Kernels", "ModelFiles"], swiftSettings: shared),
  .target(name: "Sockets", swiftSettings: shared),
  .target(name: "Compression", dependencies: ["CZlib"], swiftSettings: shared),
  .target(name: "DataFiles", dependencies: ["Compression"], swiftSettings: shared),
  .target(name: "Digests", dependencies: ["COpenSSL"], swiftSettings: shared),
  .target(name: "DataParallel", dependencies: ["COpenMPI", "Digests", "Sockets"], swiftSettings: shared),
  // L3: cores.
  .target(
    name: "Engine", dependencies: ["Models", "ModelFiles", "Kernels", "Tensors", collections], swiftSettings: shared),
  .target(name: "Judge", dependencies: ["Stylometry"], swiftSettings: strict),
  .target(name: "HTTPServer", dependencies: ["HTTP", "Sockets", "Telemetry"], swiftSettings: shared),
  .target(name: "Corpora", dependencies: ["BoundedJSON", "DataFiles", "Randomness"], swiftSettings: shared),
  .target(name: "Reports", swiftSettings: shared),
  .target(name: "Lexicon", dependencies: ["DataFiles", "Randomness"], swiftSettings: shared),
  .target(
    name: "Evaluation",
    dependencies: [
      "BoundedJSON", "Corpora", "DataFiles", "Judge", "Randomness", "RemoteInference", "Reports", "Stylometry",
    ],
    swiftSettings: shared),
  .target(
    name: "Training", dependencies: ["Models", "ModelFiles", "Kernels", "Tensors", "Randomness"],
    swiftSettings: shared),
  .target(
    name: "TrainingRecords", dependencies: ["BoundedJSON", "DataFiles", "Digests", "Reports"], swiftSettings: shared),
  // L4: adapters.
  .target(
    name: "LocalInference",
    dependencies: ["Judge", "Engine", "Tokenization", "ModelFiles", "Models", "Kernels", "Digests", "BoundedJSON"],
    swiftSettings: shared),
  .target(
    name: "ModelExport",
    dependencies: ["BoundedJSON", "DataFiles", "ModelFiles", "Models", "Tensors", "Tokenization"],
    swiftSettings: shared),
  .target(
    name: "RemoteInference", dependencies: ["BoundedJSON", "Digests", "HTTP", "Judge", "Sockets"], swiftSettings: shared
  ),
  .target(
    name: "ScoringAPI", dependencies: ["HTTP", "Judge", "BoundedJSON", "Telemetry"], swiftSettings: strict),
  .target(
    name: "ScoreFiles", dependencies: ["ScoringAPI", "Judge", "BoundedJSON", "DataFiles", "Digests"],
    swiftSettings: shared),
  .target(
    name: "Benchmarking",
    dependencies: [
      "BoundedJSON", "Engine", "Judge", "Kernels", "LocalInference", "ModelFiles", "Models", "Randomness", "ScoringAPI",
      "Tensors", "Tokenization", "Training",
    ], swiftSettings: shared),
  .target(
    name: "Curation",
    dependencies: [
      "BoundedJSON", "Corpora", "DataFiles", "Judge", "Randomness", "RemoteInference", "Reports", "Stylometry",
    ], swiftSettings: shared),
  .target(
    name: "FineTuning",
    dependencies: [
      "BoundedJSON", "Corpora", "DataFiles", "DataParallel", "Judge", "LocalInference", "ModelFiles", "Randomness",
      "Reports", "Tokenization", "Training", "TrainingRecords",
    ], swiftSettings: shared),
  .target(
    name: "Reinforcement",
    dependencies: [
      "BoundedJSON", "Corpora", "Engine", "FineTuning", "Judge", "LocalInference", "ModelFiles", "Randomness",
      "Tensors", "Tokenization", "Training", "TrainingRecords",
    ], swiftSettings: shared + [.enableUpcomingFeature("NonisolatedNonsendingByDefault")]),
  // L5: programs.
  .target(
    name: "Commands",
    dependencies: [
      "BoundedJSON", "CBuildInfo", "Digests", "Judge", "LocalInference", "Models", "ScoringAPI", argumentParser,
    ], swiftSettings: shared),
  .executableTarget(
    name: "persrm",
    dependencies: [
      "Benchmarking", "BoundedJSON", "Commands", "DataFiles", "Digests", "Engine", "HTTP", "HTTPServer", "Judge",
      "Kernels", "LocalInference", "ModelExport", "ModelFiles", "Models", "RemoteInference", "ScoreFiles", "ScoringAPI",
      "Sockets", "Telemetry", "Tensors", "Training", argumentParser, logging,
    ], swiftSettings: shared),
  .executableTarget(
    name: "persrm-curate",
    dependencies: [
      "Commands", "Corpora", "Curation", "DataFiles", "Digests", "Lexicon", "LocalInference", "RemoteInference",
      "Reports", argumentParser,
    ], swiftSettings: shared),
  .executableTarget(
    name: "persrm-eval",
    dependencies: [
      "BoundedJSON", "Commands", "Corpora", "DataFiles", "Digests", "Evaluation", "Judge", "RemoteInference", "Reports",
      "ScoringAPI", argumentParser,
    ], swiftSettings: shared),
  .target(
    name: "TrainingCommands",
    dependencies: [
      "BoundedJSON", "DataFiles", "FineTuning", "Kernels", "LocalInference", "ModelFiles", "Tensors", "Training",
      "TrainingRecords", argumentParser,
    ], swiftSettings: shared),
  .executableTarget(
    name: "persrm-sft",
    dependencies: [
      "BoundedJSON", "Commands", "Corpora", "DataFiles", "DataParallel", "Digests", "FineTuning", "Judge", "Kernels",
      "LocalInference", "ModelExport", "ModelFiles", "Reports", "Tensors", "Tokenization", "Training",
      "TrainingCommands", "TrainingRecords", argumentParser,
    ], swiftSettings: shared),
  .executableTarget(
    name: "persrm-rft",
    dependencies: [
      "BoundedJSON", "Commands", "Corpora", "DataFiles", "Engine", "FineTuning", "Judge", "Kernels", "LocalInference",
      "ModelFiles", "Reinforcement", "Reports", "Tokenization", "Training", "TrainingCommands", "TrainingRecords",
      argumentParser,
    ], swiftSettings: shared),
  .executableTarget(
    name: "stylometry-tables", dependencies: ["Stylometry", "Compression"], swiftSettings: shared),
  // Tests mirror sources.
  .testTarget(name: "TidyTests", swiftSettings: shared),
  .target(
    name: "TestSupport", dependencies: ["Models", "ModelFiles", "Kernels", "Tensors", "Judge"],
    path: "Tests/TestSupport", swiftSettings: shared),
  .testTarget(name: "BoundedJSONTests", dependencies: ["BoundedJSON"], swiftSettings: shared),
  .testTarget(name: "TelemetryTests", dependencies: ["Telemetry", logging], swiftSettings: shared),
  .testTarget(name: "HTTPTests", dependencies: ["HTTP"], swiftSettings: shared),
  .testTarget(name: "TensorsTests", dependencies: ["Tensors"], swiftSettings: shared),
  .testTarget(
    name: "TokenizationTests", dependencies: ["TestSupport", "Tokenization", "BoundedJSON"],
    resources: [.copy("Fixtures")],
    swiftSettings: shared),
  .testTarget(
    name: "ModelFilesTests", dependencies: ["ModelFiles", "Tensors", "BoundedJSON", "DataFiles"],
    resources: [.copy("Fixtures")], swiftSettings: shared),
  .testTarget(name: "SocketsTests", dependencies: ["Sockets"], swiftSettings: shared),
  .testTarget(name: "CompressionTests", dependencies: ["Compression"], swiftSettings: shared),
  .testTarget(
    name: "ScoreFilesTests",
    dependencies: [
      "ScoreFiles", "ScoringAPI", "Judge", "BoundedJSON", "Compression", "DataFiles", "Digests", "TestSupport",
    ], swiftSettings: shared),
  .testTarget(
    name: "DataFilesTests", dependencies: ["DataFiles", "Compression", "TestSupport"], swiftSettings: shared),
  .testTarget(
    name: "CorporaTests",
    dependencies: ["Corpora", "BoundedJSON", "Compression", "DataFiles", "Randomness", "TestSupport"],
    swiftSettings: shared),
  .testTarget(
    name: "LexiconTests", dependencies: ["Lexicon", "Corpora", "TestSupport"], resources: [.copy("Fixtures")],
    swiftSettings: shared),
  .testTarget(name: "RandomnessTests", dependencies: ["Randomness"], swiftSettings: shared),
  .testTarget(name: "StylometryTests", dependencies: ["Stylometry", "Compression"], swiftSettings: shared),
  .testTarget(name: "ReportsTests", dependencies: ["Reports"], swiftSettings: shared),
  .testTarget(
    name: "EvaluationTests", dependencies: ["BoundedJSON", "Corpora", "Evaluation", "Judge", "Reports"],
    swiftSettings: shared),
  .testTarget(
    name: "CurationTests",
    dependencies: [
      "BoundedJSON", "Corpora", "Curation", "DataFiles", "Judge", "Randomness", "Reports", "Stylometry",
    ], swiftSettings: shared),
  .testTarget(
    name: "TrainingRecordsTests",
    dependencies: ["BoundedJSON", "DataFiles", "Reports", "TestSupport", "TrainingRecords"],
    resources: [.copy("Fixtures")], swiftSettings: shared),
  .testTarget(
    name: "ReinforcementTests",
    dependencies: [
      "BoundedJSON", "Corpora", "Engine", "Judge", "Kernels", "LocalInference", "ModelFiles", "Models", "Randomness",
      "Reinforcement", "Tensors", "TestSupport", "Training",
    ],
    swiftSettings: shared),
  .testTarget(name: "DigestsTests", dependencies: ["Digests"], swiftSettings: shared),
  .executableTarget(name: "RankProbe", dependencies: ["DataParallel"], path: "Tests/RankProbe", swiftSettings: shared),
  .testTarget(
    name: "DataParallelTests", dependencies: ["DataParallel", "RankProbe", "Sockets"], swiftSettings: shared),
  .testTarget(name: "KernelsTests", dependencies: ["Kernels", "Tensors"], swiftSettings: shared),
  .testTarget(
    name: "ModelsTests", dependencies: ["TestSupport", "Models", "ModelFiles", "Kernels", "Tensors"],
    resources: [.copy("Fixtures")],
    swiftSettings: shared),
  .testTarget(
    name: "FineTuningTests",
    dependencies: [
      "Corpora", "FineTuning", "Judge", "LocalInference", "ModelFiles", "TestSupport", "Tokenization", "Training",
    ], swiftSettings: shared),
  .testTarget(
    name: "TrainingTests",
    dependencies: [
      "TestSupport", "Training", "DataParallel", "Reinforcement", "Sockets", "Models", "ModelFiles", "Kernels",
      "Tensors", "BoundedJSON",
    ],
    resources: [.copy("Fixtures")], swiftSettings: shared),
  .testTarget(
    name: "EngineTests", dependencies: ["TestSupport", "Engine", "Models", "ModelFiles", "Kernels"],
    resources: [.copy("Fixtures")], swiftSettings: shared),
  .testTarget(
    name: "LocalInferenceTests",
    dependencies: [
      "TestSupport", "LocalInference", "Judge", "Engine", "Tokenization", "Models", "ModelFiles", "Kernels", "Tensors",
      "Digests", "BoundedJSON", "Compression",
    ], swiftSettings: shared),
  .testTarget(
    name: "ModelExportTests",
    dependencies: ["TestSupport", "ModelExport", "BoundedJSON", "ModelFiles", "Models", "Tensors", "Tokenization"],
    swiftSettings: shared),
  .testTarget(
    name: "RemoteInferenceTests", dependencies: ["RemoteInference", "BoundedJSON", "Digests", "HTTP", "Judge"],
    swiftSettings: shared),
  .testTarget(name: "JudgeTests", dependencies: ["Judge", "Stylometry", "TestSupport"], swiftSettings: shared),
  .testTarget(
    name: "HTTPServerTests", dependencies: ["HTTPServer", "HTTP", "Sockets", "Telemetry", logging],
    swiftSettings: shared),
  .testTarget(
    name: "BenchmarkingTests",
    dependencies: [
      "TestSupport", "Benchmarking", "Engine", "Judge", "Kernels", "ModelFiles", "Models", "ScoringAPI",
    ],
    swiftSettings: shared),
  .testTarget(
    name: "ScoringAPITests",
    dependencies: ["ScoringAPI", "HTTP", "Judge", "BoundedJSON", "Telemetry", "TestSupport", yams],
    swiftSettings: shared),
]

let package = Package(
  name: "PersRM",
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
    .package(url: "https://github.com/apple/swift-collections", exact: "1.6.0"),
    .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
  ],
  targets: targets,
  swiftLanguageModes: [.v6]
)
