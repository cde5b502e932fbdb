import BlockIO
import DeviceProbe
import TestSupport
import Testing

@testable import DeviceSafety

/// A rehearsal must find what the gate would find.
@Suite("Looking a target up")
struct TargetLookupTests {
  private let scratch: ScratchDirectory

  init() throws {
    scratch = try ScratchDirectory()
    try scratch.write([UInt8](repeating: 1, count: 4096), to: "stick")
  }

  private var path: String { scratch.path + "/stick" }

  /// A machine with a loop device whose node is missing, as in a container that sees the host's sysfs.
  private func machine(loopOver source: String) -> DeviceSnapshot {
    let loop = Machine.virtual(
      "no-such-loop", DeviceNumber(major: 7, minor: 9),
      .loop(path: source, fileSystem: DeviceNumber(major: 0, minor: 5), node: nil), transport: .loop)
    return DeviceSnapshot(devices: [loop])
  }

  private func refusal(in snapshot: DeviceSnapshot) throws -> [Objection.ID] {
    let found = try TargetLookup(.virtualStick(path: path), in: snapshot)
    let opened: [Objection.ID]
    do throws(GateError) {
      _ = try TargetGate(lockAttempts: 10) { snapshot }.open(.virtualStick(path: path))
      opened = []
    } catch {
      guard case .refused(let assessment) = error else { throw error }
      opened = assessment.objections.map(\.id)
    }
    #expect(found.assessment.objections.map(\.id) == opened)
    return opened
  }

  @Test("R4: a partition is refused with the path of its disk")
  func partition() throws {
    let snapshot = Machine.idle().with { snapshot in
      for index in snapshot.devices.indices { snapshot.devices[index].path = "/dev/null" }
    }
    let id = TargetID(of: try #require(snapshot[Machine.stick]))
    #expect(try TargetLookup(.id(id), in: snapshot).disk?.number == Machine.stick)
    let lookup = TargetLookup(try #require(snapshot[Machine.firstPartition]), in: snapshot, SafetyRequest())
    #expect(throws: GateError.partition(path: "/dev/null", of: "/dev/null")) {
      try lookup.requireAllowed(by: SafetyRequest())
    }
  }

  @Test("R14, R20: a virtual stick that is in use is refused as the gate does")
  func virtualStick() throws {
    #expect(try refusal(in: DeviceSnapshot()) == [])
    let image = Anchor(purpose: .image, path: path, devices: [])
    #expect(try refusal(in: DeviceSnapshot(anchors: [image])) == [.holdsImage])
    let lookup = try TargetLookup(.virtualStick(path: path), in: DeviceSnapshot(anchors: [image]))
    #expect(throws: GateError.self) { try lookup.requireAllowed(by: SafetyRequest()) }
  }

  @Test("R6, R15: of a loop device that cannot be asked, the name of its file decides")
  func unaskableLoop() throws {
    try scratch.run("ln stick other; cp stick apart")
    #expect(try refusal(in: machine(loopOver: path)) == [.unknownAttribute])
    #expect(try refusal(in: machine(loopOver: scratch.path + "/other")) == [.unknownAttribute])
    #expect(try refusal(in: machine(loopOver: "/gone/stick")) == [.unknownAttribute])
    #expect(try refusal(in: machine(loopOver: scratch.path + "/apart")) == [])
    #expect(try refusal(in: machine(loopOver: "/var/lib/snapd/snaps/core_1.snap")) == [])
  }
}
