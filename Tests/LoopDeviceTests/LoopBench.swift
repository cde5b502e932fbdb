import BlockIO
import DeviceProbe
import DeviceSafety
import Glibc
import TestSupport
import Testing

let mebibyte = 1 << 20

/// Everything here changes the machine that it runs on, so nothing runs beside anything else.
@Suite(
  "Loop devices of the real kernel", .serialized, .enabled(if: !LoopDevice.isLeftOut, "BURIN_SKIP names loop")
)
struct LoopDeviceTests {
  @Test("root and every tool are there")
  func prerequisites() throws { try LoopDevice.requirePrerequisites() }
}

extension LoopDevice {
  /// What allows this device as a target.
  static let request = SafetyRequest(allowsLoop: true)

  /// A gate that looks at the machine as it is.
  static func gate(_ anchors: [AnchorRequest] = []) -> TargetGate {
    TargetGate(lockAttempts: 2) { DeviceProbe.snapshot(anchors: anchors) }
  }

  /// Opens the device through the gate.
  func open(
    _ anchors: [AnchorRequest] = [], lifting lifted: Set<Objection.ID> = []
  ) throws(GateError) -> PendingTarget {
    try Self.gate(anchors).open(.path(path), SafetyRequest(lifting: lifted, allowsLoop: true))
  }

  /// Why the gate refuses the device, while nothing is written to it; nil where it does not.
  func refusal(_ anchors: [AnchorRequest] = []) throws -> GateError? {
    // Twice: what the first one writes of a file system in a file has only come to the one around it.
    try run("sync; sync")
    let writes = try writeCount()
    let error = refused(anchors)
    #expect(try writeCount() == writes, "a refused target is not written")
    return error
  }

  private func refused(_ anchors: [AnchorRequest]) -> GateError? {
    do throws(GateError) {
      _ = try open(anchors)
      return nil
    } catch { return error }
  }

  /// The objections for which the gate refuses the device.
  func objections(_ anchors: [AnchorRequest] = []) throws -> [Objection] {
    guard case .refused(let assessment) = try refusal(anchors) else { return [] }
    return assessment.objections
  }

  /// The rules for which the gate refuses the device.
  func brokenRules(_ anchors: [AnchorRequest] = []) throws -> [String] {
    try objections(anchors).map(\.rule)
  }
}

extension GateError {
  /// The rules for which the gate refuses a target.
  var rules: [String] {
    guard case .refused(let assessment) = self else { return [] }
    return assessment.objections.map(\.rule)
  }
}

/// Why an approval fails; nil where it does not.
func refusal(
  approving pending: consuming PendingTarget, _ confirmation: DeviceSafety.Confirmation
) -> GateError? {
  do throws(GateError) {
    _ = try pending.approve(confirming: confirmation)
    return nil
  } catch { return error }
}

extension [UInt8] {
  /// Whether other bytes stand at an offset; as fast in a debug build as in any.
  func holds(_ bytes: [UInt8], at offset: Int = 0) -> Bool {
    guard offset + bytes.count <= count else { return false }
    return unsafe withUnsafeBytes { own in
      unsafe bytes.withUnsafeBytes { other in
        guard let first = own.baseAddress, let second = other.baseAddress else { return true }
        // Safe: both ranges lie within their arrays.
        return unsafe memcmp(first + offset, second, other.count) == 0
      }
    }
  }

  /// Whether a range holds one byte only.
  func holds(only byte: UInt8, in range: Range<Int>) -> Bool {
    holds([UInt8](repeating: byte, count: range.count), at: range.lowerBound)
  }
}
