import SystemPackage

/// By which names the kernel speaks of a disk in its log.
public struct KernelNames: Hashable, Sendable {
  private let number: DeviceNumber
  /// The name of the disk, such as `sdb`.
  private let disk: String
  /// Host, channel, target and logical unit of a disk that speaks SCSI, such as `6:0:0:0`.
  private let scsi: String?
  /// The port of a disk on USB, such as `1-2`.
  private let port: String?

  /// Looks the names up, while the disk is there; nil where the kernel does not know it.
  public init?(of number: DeviceNumber) {
    guard let link = try? SmallFile.link(at: FilePath("/sys/dev/block/\(number.description)")) else {
      return nil
    }
    self.init(of: number, link: link)
  }

  /// Finds the names in where the kernel's own link to the disk leads.
  init?(of number: DeviceNumber, link: String) {
    let places = link.split(separator: "/").map(String.init)
    guard let disk = places.last else { return nil }
    self.number = number
    self.disk = disk
    scsi = places.last { Self.isMade(of: 4, ":", $0) }
    port = places.last { place in
      let parts = place.split(separator: "-", omittingEmptySubsequences: false)
      return parts.count == 2 && Self.isNumber(parts[0])
        && parts[1].split(separator: ".", omittingEmptySubsequences: false).allSatisfy(Self.isNumber)
    }
  }

  /// Whether a record speaks of this disk.
  public func concern(_ record: KernelRecord) -> Bool {
    if let device = record.device {
      if device == "b\(number.description)" { return true }
      if let scsi, device == "+scsi:\(scsi)" { return true }
      if let port, device == "+usb:\(port)" || device.hasPrefix("+usb:\(port):") { return true }
    }
    let words = record.text.split { !($0.isLetter || $0.isNumber || "-:._".contains($0)) }
      .map { word in word.last == ":" ? word.dropLast() : word }
    if words.contains(where: { $0 == disk }) { return true }
    if let scsi, words.contains(where: { $0 == scsi }) { return true }
    guard let port, words.first == "usb" || words.first == "usb-storage" || words.first == "uas" else {
      return false
    }
    return words.contains { $0 == port || $0.hasPrefix("\(port):") }
  }

  private static func isNumber(_ text: Substring) -> Bool {
    !text.isEmpty && text.utf8.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
  }

  private static func isMade(of count: Int, _ separator: Character, _ text: String) -> Bool {
    let parts = text.split(separator: separator, omittingEmptySubsequences: false)
    return parts.count == count && parts.allSatisfy(isNumber)
  }
}
