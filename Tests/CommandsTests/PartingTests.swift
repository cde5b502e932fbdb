import BlockIO
import DeviceProbe
import DeviceSafety
import Synchronization
import SystemPackage
import Testing

@testable import Commands
@testable import Terminal
@testable import Writer

/// A drive that notes what it is asked, and fails where it is told to.
private final class ObedientDrive: PartingMedium, Sendable {
  enum Request: Hashable { case flush, eject, remove }

  private let log = Mutex<[Request]>([])
  private let failing: Set<Request>

  init(failing: Set<Request> = []) { self.failing = failing }

  var requests: [Request] { log.withLock { $0 } }

  func note(_ request: Request) throws(SystemCallError) {
    log.withLock { $0.append(request) }
    if failing.contains(request) { throw SystemCallError(call: "\(request)", errno: .ioError) }
  }

  func flush() throws(SystemCallError) -> CacheFlush {
    try note(.flush)
    return .confirmed
  }

  func eject() throws(SystemCallError) -> Bool {
    try note(.eject)
    return true
  }
}

@Suite("--eject and --power-off")
struct PartingTests {
  private let stick = Machines.stick("sdb", 16, port: "1-2", diskseq: 1)

  private func part(
    _ drive: ObedientDrive, ejects: Bool = false, powersOff: Bool = true, isWhole: Bool = true,
    disk: BlockDevice?, among devices: [BlockDevice] = [], opening: Errno? = nil
  ) -> Parting.Outcomes {
    let order = WriteOrder(
      image: "a.iso", target: "usb-00000000", request: .init(), isYes: true, digest: .none,
      allowsDamaged: false, allowsPacked: false, probing: CapacityProbing(seed: 1, toleratesFake: false),
      isQuiet: true, isJSON: false, ejects: ejects, powersOff: powersOff)
    var context = FakeWorld(DeviceSnapshot(devices: devices)).context
    context.removal = { place throws(SystemCallError) in
      #expect(place.port == "1-2")
      if let opening { throw SystemCallError(call: "open", errno: opening) }
      return { () throws(SystemCallError) in try drive.note(.remove) }
    }
    let parting = Parting(order, disk, in: context)
    #expect(drive.requests.isEmpty)
    parting.carryOut(on: drive, isWhole: isWhole)
    return parting.outcomes
  }

  @Test("the cache is emptied, then the drive stops, then its USB device is taken off")
  func order() {
    let drive = ObedientDrive()
    let outcomes = part(drive, disk: stick, among: [stick])
    #expect(drive.requests == [.flush, .eject, .remove])
    #expect(outcomes == Parting.Outcomes(ejection: .done, powerOff: .done) && outcomes.isGone)
    #expect(outcomes.powerOffText?.string.contains("off") == true)
  }

  @Test("what was not asked for is not done")
  func wishes() {
    let (idle, ejecting) = (ObedientDrive(), ObedientDrive())
    #expect(part(idle, powersOff: false, disk: stick) == Parting.Outcomes())
    #expect(idle.requests.isEmpty)
    let outcomes = part(ejecting, ejects: true, powersOff: false, disk: stick)
    #expect(outcomes == Parting.Outcomes(ejection: .done) && ejecting.requests == [.eject])
    #expect(outcomes.powerOffText == nil)
  }

  @Test("R44: a stick that is not what it was to become is not let go")
  func withheld() {
    let drive = ObedientDrive()
    let outcomes = part(drive, isWhole: false, disk: stick, among: [stick])
    #expect(outcomes == Parting.Outcomes(ejection: .withheld, powerOff: .withheld) && !outcomes.isGone)
    #expect(drive.requests.isEmpty)
  }

  @Test("a cache that cannot be emptied keeps its power; a drive that does not stop loses it")
  func failures() {
    let full = ObedientDrive(failing: [.flush])
    let error = SystemCallError(call: "flush", errno: .ioError)
    let kept = part(full, disk: stick)
    #expect(kept == Parting.Outcomes(ejection: .failed(error), powerOff: .failed(error)))
    #expect(full.requests == [.flush])
    let moving = ObedientDrive(failing: [.eject])
    #expect(part(moving, disk: stick).powerOff == .done)
    #expect(moving.requests == [.flush, .eject, .remove])
    let stubborn = part(ObedientDrive(failing: [.remove]), disk: stick)
    #expect(stubborn.powerOff?.word == "failed" && stubborn.ejection == .done)
  }

  @Test("other media in the same USB device keep it, empty slots and other devices do not")
  func cardReader() {
    let other = Machines.stick("sdc", 32, port: "1-2", diskseq: 2)
    var empty = Machines.stick("sdd", 48, port: "1-2", diskseq: 3)
    empty.byteCount = 0
    let elsewhere = Machines.stick("sde", 64, port: "1-3", diskseq: 4)
    let (shared, alone) = (ObedientDrive(), ObedientDrive())
    let outcomes = part(shared, disk: stick, among: [stick, other, empty, elsewhere])
    #expect(outcomes.powerOff == .shared(["/dev/sdc"]) && !shared.requests.contains(.remove))
    #expect(outcomes.powerOffText?.string.contains("/dev/sdc would go with it") == true)
    #expect(part(alone, disk: stick, among: [stick, empty, elsewhere]).powerOff == .done)
  }

  @Test("what is no USB device, or may not be taken off, is told")
  func impossible() {
    var internalDisk = stick
    internalDisk.usb = nil
    for disk in [internalDisk, nil] {
      let outcomes = part(ObedientDrive(), disk: disk)
      #expect(outcomes.powerOff == .unsupported)
      #expect(outcomes.powerOffText == "not: it is no USB device")
    }
    let denied = part(ObedientDrive(), disk: stick, opening: .permissionDenied)
    #expect(denied.powerOff == .failed(SystemCallError(call: "open", errno: .permissionDenied)))
  }
}
