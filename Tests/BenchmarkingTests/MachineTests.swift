import Benchmarking
import Kernels
import Testing

/// What procfs says, and what limits follow from what was measured.
@Suite struct MachineTests {
  @Test func readsTheProcessorFromCpuinfo() {
    let text = "processor\t: 0\nmodel\t\t: 2\nmodel name\t: AMD EPYC 9554\n\nprocessor\t: 1\nmodel name\t: other\n"
    #expect(MachineFacts.processor(cpuinfo: text) == "AMD EPYC 9554")
    #expect(MachineFacts.cores(cpuinfo: text) == 2)
    #expect(MachineFacts.processor(cpuinfo: "") == nil)
  }

  @Test func readsMemoryInBytes() {
    #expect(MachineFacts.memoryBytes(meminfo: "MemTotal:       24696060 kB\nMemFree: 1 kB\n") == 24_696_060 * 1024)
    #expect(MachineFacts.peakResidentBytes(status: "Name:\tx\nVmHWM:\t  2048 kB\n") == 2048 * 1024)
    #expect(MachineFacts.peakResidentBytes(status: "Name:\tx\n") == nil)
  }

  @Test func theLongerOfReadingAndComputingBinds() {
    let roofline = Roofline(RecordFixture.machine)
    // 50 GB at 50 GB/s against half a second of arithmetic, then the other way.
    let reading = roofline.bound([Roofline.Work(800e9, .int8)], bytes: 50e9)
    #expect(reading == Roofline.Bound(seconds: 1, name: "memory"))
    let computing = roofline.bound([Roofline.Work(1600e9, .int8), Roofline.Work(200e9, .float32)], bytes: 50e9)
    #expect(computing == Roofline.Bound(seconds: 1.5, name: "int8"))
    #expect(computing.share(3) == 0.5)
  }
}
