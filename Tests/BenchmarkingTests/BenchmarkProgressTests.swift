import Benchmarking
import Synchronization
import Testing

/// What is shown while a benchmark runs, and how often.
@Suite struct BenchmarkProgressTests {
  /// Everything that was written, and a clock to set.
  private final class Terminal: Sendable {
    let text = Mutex("")
    let time = Mutex(0.0)

    func progress(isTerminal: Bool) -> BenchmarkProgress {
      BenchmarkProgress(
        isTerminal: isTerminal, now: { self.time.withLock { $0 } }, write: { text in self.text.withLock { $0 += text } }
      )
    }
  }

  @Test func aTerminalsLineIsRewrittenInPlace() {
    let terminal = Terminal()
    let progress = terminal.progress(isTerminal: true)
    progress.step(0, of: 2, "pp128")
    terminal.time.withLock { $0 = 1 }
    progress.step(1, of: 2, "tg")
    progress.end()
    #expect(terminal.text.withLock { $0 } == "\r0/2  pp128\u{1B}[K\r1/2  tg\u{1B}[K\r\u{1B}[K")
  }

  @Test func aLogGetsALineAtMostEveryFiveSeconds() {
    let terminal = Terminal()
    let progress = terminal.progress(isTerminal: false)
    for second in 0...11 {
      terminal.time.withLock { $0 = Double(second) }
      progress.step(second, of: 12, "x")
    }
    progress.end()
    #expect(terminal.text.withLock { $0 } == "0/12  x\n5/12  x\n10/12  x\n")
  }
}
