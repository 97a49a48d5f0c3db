package import Kernels

/// The machine a benchmark ran on: what it calls itself, and what was measured of it just before.
package struct Machine: Sendable, Equatable, Codable {
  /// A speed on one thread and on all that the benchmark uses.
  package struct Speed: Sendable, Equatable, Codable {
    package var oneThread: Double
    package var allThreads: Double

    package init(oneThread: Double, allThreads: Double) {
      self.oneThread = oneThread
      self.allThreads = allThreads
    }
  }

  /// The processor's own name.
  package var processor: String
  /// Logical processors that are there.
  package var cores: Int
  package var memoryBytes: Int
  /// Reading memory that no cache holds, bytes a second.
  package var memoryRead: Speed
  /// Arithmetic in registers, multiplications and additions counted singly, operations a second.
  package var float32: Speed
  package var bfloat16: Speed
  package var int8: Speed
  /// The instructions of those three, in that order, such as "avx512 avx512bf16 avx512vnni".
  package var instructions: String

  package init(
    processor: String, cores: Int, memoryBytes: Int, memoryRead: Speed, float32: Speed, bfloat16: Speed, int8: Speed,
    instructions: String
  ) {
    self.processor = processor
    self.cores = cores
    self.memoryBytes = memoryBytes
    self.memoryRead = memoryRead
    self.float32 = float32
    self.bfloat16 = bfloat16
    self.int8 = int8
    self.instructions = instructions
  }

  /// Bytes a second from memory on all threads.
  package var readBytesPerSecond: Double { memoryRead.allThreads }

  /// Operations a second on all threads.
  package func peak(_ arithmetic: MachinePeak.Arithmetic) -> Double {
    switch arithmetic {
    case .float32: float32.allThreads
    case .bfloat16: bfloat16.allThreads
    case .int8: int8.allThreads
    }
  }

  /// Two lines for a person.
  package var text: String {
    func pair(_ speed: Speed) -> String {
      "\(Quantity.fixed(speed.oneThread / 1e9, digits: 0))/\(Quantity.fixed(speed.allThreads / 1e9, digits: 0))"
    }
    return "\(processor), \(cores) cores, \(Quantity.fixed(Double(memoryBytes) / 1e9, digits: 1)) GB\n"
      + "measured on one/all threads: memory \(pair(memoryRead)) GB/s, float32 \(pair(float32)), "
      + "bfloat16 \(pair(bfloat16)), int8 \(pair(int8)) Gop/s (\(instructions))"
  }
}

/// What procfs says of a machine; plain functions of its text.
package enum MachineFacts {
  /// The first processor's name in /proc/cpuinfo; nil where none has one.
  package static func processor(cpuinfo: String) -> String? {
    value(of: "model name", in: cpuinfo, until: "\n")
  }

  /// Processors in /proc/cpuinfo.
  package static func cores(cpuinfo: String) -> Int {
    cpuinfo.split(separator: "\n").count { $0.split(separator: ":").first?.hasPrefix("processor") == true }
  }

  /// Bytes of memory by /proc/meminfo; nil where it does not say.
  package static func memoryBytes(meminfo: String) -> Int? { kibibytes(of: "MemTotal", in: meminfo) }

  /// The most memory a process has held at once, in bytes, by /proc/PID/status; nil where it does not say.
  package static func peakResidentBytes(status: String) -> Int? { kibibytes(of: "VmHWM", in: status) }

  private static func kibibytes(of name: String, in text: String) -> Int? {
    value(of: name, in: text, until: " ").flatMap { Int($0) }.flatMap { value in
      let (bytes, isOverflow) = value.multipliedReportingOverflow(by: 1024)
      return isOverflow ? nil : bytes
    }
  }

  private static func value(of name: String, in text: String, until end: Character) -> String? {
    for line in text.split(separator: "\n") where line.hasPrefix(name) {
      let parts = line.split(separator: ":", maxSplits: 1)
      let rest = parts[0].dropFirst(name.count)
      guard parts.count == 2, rest.allSatisfy({ $0 == " " || $0 == "\t" }) else { continue }
      let value = parts[1].drop { $0 == " " || $0 == "\t" }.prefix { $0 != end }
      if !value.isEmpty { return String(value) }
    }
    return nil
  }
}
