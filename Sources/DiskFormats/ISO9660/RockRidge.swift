/// What Rock Ridge says about one file (RRIP 1.12 section 4).
struct RockRidge {
  /// The name of NM entries, joined.
  private(set) var name: String?
  /// The POSIX mode of PX.
  private(set) var mode: UInt32?
  /// The target of SL entries, joined with slashes.
  private(set) var linkTarget: String?
  /// CL: where a directory that was moved away really lies, in logical blocks.
  private(set) var childLBA: UInt32?
  /// RE: the record is only there because something was moved here.
  private(set) var isRelocated = false
  /// Whether any entry of Rock Ridge was seen.
  private(set) var isPresent = false

  init(_ area: SystemUseArea) {
    var nameBytes: [UInt8]?
    var link = LinkTarget()
    for entry in area.entries {
      isPresent =
        isPresent || ["RR", "NM", "PX", "SL", "TF", "CL", "PL", "RE"].contains { entry.isSigned($0) }
      if entry.isSigned("NM") {
        // Bits 1 and 2 stand for the directory itself and its parent, which carry no name.
        let flags = (try? entry.reader.byte(at: 4)) ?? 0
        if flags & 0x06 == 0 { nameBytes = (nameBytes ?? []) + entry.reader.bytes.dropFirst(5) }
      } else if entry.isSigned("PX") {
        mode = try? entry.reader.littleEndian(at: 4)
      } else if entry.isSigned("SL") {
        link.append(entry.reader)
      } else if entry.isSigned("CL") {
        childLBA = try? entry.reader.littleEndian(at: 4)
      } else if entry.isSigned("RE") {
        isRelocated = true
      }
    }
    if let nameBytes, !nameBytes.isEmpty { name = String(decoding: nameBytes, as: UTF8.self) }
    linkTarget = link.text
  }
}

/// The components of a symbolic link (RRIP 1.12 section 4.1.3).
private struct LinkTarget {
  private(set) var text: String?
  private var continues = true

  /// Adds the components of one SL entry: flags, length and text of each.
  mutating func append(_ entry: ByteReader) {
    var position = 5
    while entry.contains(position, count: 2) {
      let flags = entry.bytes[position]
      let length = Int(entry.bytes[position + 1])
      guard let content = try? entry.bytes(at: position + 2, count: length) else { return }
      position += 2 + length
      let component =
        switch flags & 0x0E {
        case 0x02: "."
        case 0x04: ".."
        case 0x08: "/"
        default: String(decoding: content, as: UTF8.self)
        }
      let separator = continues || text == "/" ? "" : "/"
      text = (text ?? "") + separator + component
      continues = flags & 0x01 != 0
    }
  }
}
