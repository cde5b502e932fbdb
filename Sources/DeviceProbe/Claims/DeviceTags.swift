/// The tags that a device carries, as far as somebody has read them.
struct DeviceTags: Hashable {
  /// The type of the signature, as libblkid calls it.
  var type: String?
  /// UUID of the file system or of what else is on it.
  var uuid: String?
  /// Label of the file system.
  var label: String?
  /// UUID of the partition.
  var partUUID: String?
  /// Name of the partition.
  var partLabel: String?
  /// UUID of the table on it, or the signature of the MBR.
  var table: String?
  /// The links to its node relative to `/dev`, won or lost.
  var links: Set<String> = []

  init() {}

  /// Reads a file of udevd's database: `S:` and a link, `E:` and a property, and others.
  init(udev bytes: [UInt8]) {
    for line in bytes.split(separator: UInt8(ascii: "\n")) {
      if line.starts(with: "S:".utf8) { links.insert(String(decoding: line.dropFirst(2), as: UTF8.self)) }
      guard line.starts(with: "E:ID_".utf8), let equals = line.firstIndex(of: UInt8(ascii: "=")) else {
        continue
      }
      let value = String(decoding: line[(equals + 1)...], as: UTF8.self)
      switch String(decoding: line[..<equals].dropFirst("E:ID_".utf8.count), as: UTF8.self) {
      case "FS_TYPE": type = value
      case "FS_UUID": uuid = value
      // Without `_ENC` blanks have become underscores.
      case "FS_LABEL_ENC": label = LinkName.decode(value)
      case "PART_ENTRY_UUID": partUUID = value
      case "PART_ENTRY_NAME": partLabel = LinkName.decode(value)
      case "PART_TABLE_UUID": table = value
      default: break
      }
    }
  }

  /// Reads `uevent` of a partition in sysfs.
  init(uevent: String) {
    for line in uevent.split(separator: "\n") {
      if line.hasPrefix("PARTUUID=") { partUUID = String(line.dropFirst("PARTUUID=".count)) }
      if line.hasPrefix("PARTNAME=") { partLabel = String(line.dropFirst("PARTNAME=".count)) }
    }
  }

  /// Takes what libblkid found in a partition, or on a disk without a table.
  init(type: String?, uuid: String?, label: String?, partLabel: String? = nil) {
    (self.type, self.uuid, self.label, self.partLabel) = (type, uuid, label, partLabel)
  }

  /// Whether a tag is among them; UUIDs in either case and any grouping.
  func contains(_ tag: SystemClaim.Tag) -> Bool {
    switch tag.kind {
    case .uuid: Self.equal(uuid, tag.value)
    case .uuidPrefix: tag.value.count >= 4 && uuid?.lowercased().hasPrefix(tag.value.lowercased()) == true
    case .label: label == tag.value
    case .partUUID: Self.equal(partUUID, tag.value)
    case .partLabel: partLabel == tag.value
    case .table: Self.equal(table, tag.value)
    case .array: type == "linux_raid_member" && Self.equal(uuid, tag.value)
    case .physicalVolume: type == "LVM2_member" && Self.equal(uuid, tag.value)
    case .path: links.contains(String(tag.value.dropFirst("/dev/".count)))
    case .number, .logicalVolume, .hardware, .none: false
    }
  }

  /// mdadm writes a UUID in four groups with colons, libblkid in five with hyphens, LVM without.
  private static func equal(_ uuid: String?, _ other: String) -> Bool {
    guard let uuid else { return false }
    let bare = { (text: String) in text.lowercased().filter { $0 != "-" && $0 != ":" } }
    return bare(uuid) == bare(other)
  }
}
