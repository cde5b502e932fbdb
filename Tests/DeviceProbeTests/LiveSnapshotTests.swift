import BlockIO
import DeviceProbe
import Testing

@Suite("the running system")
struct LiveSnapshotTests {
  @Test("dump") func dump() throws {
    let clock = ContinuousClock()
    for _ in 0..<3 { print(clock.measure { _ = DeviceProbe.snapshot() }) }
    let s = DeviceProbe.snapshot(probing: { $0.transport == .virtio })
    print(s.text)
    #expect(try DeviceSnapshot(parsing: s.text) == s)
  }
}
