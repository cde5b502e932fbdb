import BlockIO
import DeviceProbe
import DeviceSafety
import Documents
import Terminal

/// Whether a disk is the one that a receipt tells of, as far as its serial number and its size say.
struct WrittenStick: Hashable {
  /// Nil where it has no serial number, and the right size.
  let isSame: Bool?
  /// What it is in place of that.
  private let found: SanitizedText

  /// Compares what was noted with what was looked up.
  init(_ receipt: Receipt, _ target: TargetLookup) {
    let serial = target.disk?.identity.serial
    let byteCount = target.geometry.byteCount
    let hasSize = receipt.targetByteCount.map { $0 == byteCount } ?? true
    let hasSerial = receipt.target("serial").flatMap { noted in serial.map { $0 == noted } }
    isSame = hasSize ? hasSerial : false
    let name: SanitizedText =
      serial.map { "serial number \(SanitizedText(foreign: $0, limit: 80)), " } ?? ""
    found = "\(name)\(SanitizedText(exactBytes: byteCount))"
  }

  /// A clause for a person, where it is another one.
  var texts: [SanitizedText] {
    isSame == false ? ["this is another stick than the one that was written: \(found)"] : []
  }
}
