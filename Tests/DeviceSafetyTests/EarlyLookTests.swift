import DeviceProbe
import TestSupport
import Testing

@testable import DeviceSafety

@Suite("R15, R17: the look of an approval, taken ahead")
struct EarlyLookTests {
  private static let disk = Machine.disk()

  private static func gate() -> TargetGate {
    TargetGate(openers: { devices, _ in
      OpenerReport(devices.map { Opener(ProcessName(id: 7, command: "dd"), device: $0.number, .writing) })
    }) { DeviceSnapshot(devices: [disk]) }
  }

  @Test("what it has found counts for as long as any look does, from its beginning")
  func recent() throws {
    let look = EarlyLook(Self.gate(), at: Self.disk)
    #expect(look.recent()?.began == nil, "nothing has been looked at yet")
    let before = ContinuousClock.now
    look.take()
    let after = ContinuousClock.now
    let found = try #require(look.recent(at: before))
    #expect((before...after).contains(found.began))
    #expect(found.snapshot.devices.map(\.number) == [Self.disk.number])
    #expect(found.report.openers.map(\.device) == [Self.disk.number])
    #expect(look.recent(at: found.began + TargetGate.freshness)?.began == found.began)
    #expect(look.recent(at: found.began + TargetGate.freshness + .nanoseconds(1))?.began == nil)
  }

  @Test("of a virtual stick there is nothing to be looked at ahead")
  func virtualStick() {
    let look = EarlyLook(Self.gate(), at: nil)
    look.take()
    #expect(look.recent()?.began == nil)
  }
}
