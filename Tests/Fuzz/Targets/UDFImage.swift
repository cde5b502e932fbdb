import DiskFormats

/// A small UDF 1.02 volume with files, as Windows media have it, in blocks of 2048 bytes.
///
/// 16 to 18 recognition, 32 to 34 volume descriptors, 256 anchor, 257 partition: 0 file set, 1 root, 2 its
/// entries, then for each file its entry and its data.
public enum UDFImage {
  /// The volume with files in its root and in directories of one level.
  public static func build(_ files: [(path: String, bytes: [UInt8])] = [("bootmgr", [1, 2, 3])]) -> [UInt8] {
    var content = Partition()
    content.fill(files)
    var image = [UInt8](repeating: 0, count: (257 + content.blocks.count) * 2048)
    for (index, name) in ["BEA01", "NSR02", "TEA01"].enumerated() {
      image.overwrite(at: (16 + index) * 2048, with: [0] + Array(name.utf8) + [1])
    }
    var partition = [UInt8](repeating: 0, count: 512)
    partition.overwrite(at: 188, with: little(257) + little(UInt32(content.blocks.count)))
    image.overwrite(at: 32 * 2048, with: tagged(5, 32, partition))
    image.overwrite(at: 33 * 2048, with: tagged(6, 33, logicalVolume()))
    image.overwrite(at: 34 * 2048, with: tagged(8, 34, [UInt8](repeating: 0, count: 512)))
    var anchor = [UInt8](repeating: 0, count: 512)
    anchor.overwrite(at: 16, with: little(3 * 2048) + little(32))
    image.overwrite(at: 256 * 2048, with: tagged(2, 256, anchor))
    for (index, block) in content.blocks.enumerated() {
      image.overwrite(at: (257 + index) * 2048, with: block.prefix(2048))
    }
    return image
  }

  private static func logicalVolume() -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 512)
    bytes.overwrite(at: 84, with: [8] + Array("BURIN".utf8))
    bytes[84 + 127] = 6
    bytes.overwrite(at: 212, with: little(2048))
    bytes.overwrite(at: 240, with: [0x02, 0x01])
    bytes.overwrite(at: 248, with: little(2048))
    bytes.overwrite(at: 264, with: little(6) + little(1))
    bytes.overwrite(at: 440, with: [1, 6, 1, 0, 0, 0])
    return bytes
  }

  /// Puts the tag of 16 bytes with its sum in front.
  static func tagged(_ identifier: UInt16, _ location: UInt32, _ bytes: [UInt8]) -> [UInt8] {
    var bytes = bytes
    bytes.overwrite(at: 0, with: [UInt8(identifier & 0xFF), UInt8(identifier >> 8), 2, 0, 0, 0, 0, 0])
    bytes.overwrite(at: 8, with: [0, 0, 0, 0] + little(location))
    bytes[4] = (0..<16).reduce(UInt8(0)) { $1 == 4 ? $0 : $0 &+ bytes[$1] }
    return bytes
  }
}

/// The blocks of the partition as they are filled.
private struct Partition {
  var blocks: [[UInt8]] = []

  mutating func fill(_ files: [(path: String, bytes: [UInt8])]) {
    var set = [UInt8](repeating: 0, count: 512)
    set.overwrite(at: 400, with: little(2048) + little(1))
    blocks = [UDFImage.tagged(256, 0, set), [], []]
    var root: [UInt8] = []
    var directories: [String: [UInt8]] = [:]
    for file in files {
      let parts = file.path.split(separator: "/").map(String.init)
      let record = Self.record(
        parts.last ?? "", isDirectory: false, block: add(file.bytes, isDirectory: false))
      if parts.count == 1 { root += record } else { directories[parts[0], default: []] += record }
    }
    for (name, records) in directories.sorted(by: { $0.key < $1.key }) {
      root += Self.record(name, isDirectory: true, block: add(records, isDirectory: true))
    }
    blocks[1] = Self.entry(1, isDirectory: true, data: 2, count: root.count)
    blocks[2] = root
  }

  /// Adds an entry and the data behind it; returns the entry's block.
  private mutating func add(_ bytes: [UInt8], isDirectory: Bool) -> UInt32 {
    let block = UInt32(blocks.count)
    blocks.append(Self.entry(block, isDirectory: isDirectory, data: block + 1, count: bytes.count))
    for start in stride(from: 0, to: max(bytes.count, 1), by: 2048) {
      blocks.append(Array(bytes[start..<min(start + 2048, bytes.count)]))
    }
    return block
  }

  private static func entry(_ block: UInt32, isDirectory: Bool, data: UInt32, count: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 184)
    bytes[27] = isDirectory ? 4 : 5
    bytes.overwrite(at: 56, with: little(UInt32(count)))
    bytes.overwrite(at: 172, with: little(8) + little(UInt32(count)) + little(data))
    return UDFImage.tagged(261, block, bytes)
  }

  private static func record(_ name: String, isDirectory: Bool, block: UInt32) -> [UInt8] {
    let identifier = [8] + Array(name.utf8)
    var bytes = [UInt8](repeating: 0, count: (38 + identifier.count + 3) / 4 * 4)
    bytes[18] = isDirectory ? 2 : 0
    bytes[19] = UInt8(identifier.count)
    bytes.overwrite(at: 20, with: little(2048) + little(block))
    bytes.overwrite(at: 38, with: identifier)
    return UDFImage.tagged(257, 2, bytes)
  }
}
