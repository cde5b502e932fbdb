import BlockIO
public import DeviceProbe

/// The short name of one medium in one drive, such as `usb-k7f2m9qd`.
///
/// It changes with the transport, serial number, world wide name, size and diskseq (R2), so an ID from an
/// older listing does not mean another stick.
public struct TargetID: Hashable, Sendable, CustomStringConvertible {
  /// The ID as it is shown and typed.
  public let description: String

  /// 32 digits and letters that are not mistaken for one another: no `i`, `l`, `o` and `u`.
  private static let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz")
  private static let length = 8

  /// Derives the ID of a device.
  public init(of device: BlockDevice) {
    var digest = SHA256()
    for field in Self.fields(of: device) {
      // The length before each field keeps neighbours apart; an absent field differs from an empty one.
      let text = field.map { "\($0.utf8.count):\($0)" } ?? "-"
      digest.update([UInt8](text.utf8).span)
    }
    // 256 is a multiple of 32, so every character is equally likely.
    let characters = digest.finish().prefix(Self.length).map { Self.alphabet[Int($0) % Self.alphabet.count] }
    description = "\(device.transport.rawValue)-\(String(characters))"
  }

  /// Recognises an ID by its form; nil for anything else.
  public init?(parsing text: String) {
    let halves = text.split(separator: "-", omittingEmptySubsequences: false)
    guard halves.count == 2, Transport(rawValue: String(halves[0])) != nil, halves[1].count == Self.length,
      halves[1].allSatisfy(Self.alphabet.contains)
    else { return nil }
    description = text
  }

  /// Everything that makes the ID another one when it changes.
  private static func fields(of device: BlockDevice) -> [String?] {
    [
      device.transport.rawValue, device.identity.serial, device.identity.wwn,
      device.byteCount.map(String.init), device.diskSequence.map(String.init),
    ] + substitutes(of: device)
  }

  /// Before Linux 5.15: the place where it is plugged in, and when udevd saw it there first.
  ///
  /// The moment stays the same until the device is gone; it does not tell two media of one drive apart.
  private static func substitutes(of device: BlockDevice) -> [String?] {
    guard device.diskSequence == nil else { return [nil] }
    return [device.sysfsPath, device.udev?.initialized]
  }
}
