import DiskFormats

/// Makes a small FAT12 volume with files in `EFI/BOOT`, one sector to a cluster.
public struct FATImageBuilder {
  private var files: [(name: String, bytes: [UInt8])] = []
  private var emptyFiles: [String] = []

  /// Starts an empty volume.
  public init() {}

  /// Adds a file to `EFI/BOOT`, by its name in 8.3 form such as `BOOTX64.EFI`.
  public mutating func add(_ name: String, _ bytes: [UInt8]) { files.append((name, bytes)) }

  /// Adds a file without content to the root, by its name in 8.3 form; 15 fit.
  public mutating func addToRoot(_ name: String) { emptyFiles.append(name) }

  /// The whole volume: boot sector, table of 3 sectors, root of 1, then the clusters from number 2 on.
  public func build() -> [UInt8] {
    let clusters = 2 + files.reduce(0) { $0 + ($1.bytes.count + 511) / 512 }
    let total = max(64, 5 + clusters)
    var writer = ByteWriter(count: total * 512)
    writer.put([0xEB, 0x3C, 0x90] + Array("mkfs.fat".utf8), at: 0)
    writer.put([0, 2, 1, 1, 0, 1, 16, 0], at: 11)
    writer.putLittleEndian(UInt16(total), at: 19)
    writer.put([0xF8, 3, 0], at: 21)
    writer.put([0x55, 0xAA], at: 510)
    var table: [UInt16] = [0xFF8, 0xFFF, 0xFFF, 0xFFF]
    Self.put(&writer, "EFI        ", 0x10, cluster: 2, at: 4 * 512)
    for (index, name) in emptyFiles.prefix(15).enumerated() {
      Self.put(&writer, Self.shortName(name), 0x20, cluster: 0, at: 4 * 512 + (index + 1) * 32)
    }
    Self.put(&writer, "BOOT       ", 0x10, cluster: 3, at: 5 * 512)
    for (index, file) in files.enumerated() {
      let first = table.count
      let count = (file.bytes.count + 511) / 512
      for step in 0..<count { table.append(step + 1 == count ? 0xFFF : UInt16(first + step + 1)) }
      let place = 6 * 512 + index * 32
      Self.put(&writer, Self.shortName(file.name), 0x20, cluster: count == 0 ? 0 : UInt16(first), at: place)
      writer.putLittleEndian(UInt32(file.bytes.count), at: place + 28)
      writer.put(file.bytes, at: (5 + first - 2) * 512)
    }
    for pair in stride(from: 0, to: table.count, by: 2) {
      let even = table[pair]
      let odd = pair + 1 < table.count ? table[pair + 1] : 0
      let bytes = [UInt8(even & 0xFF), UInt8(even >> 8) | UInt8(odd & 0xF) << 4, UInt8(odd >> 4)]
      writer.put(bytes, at: 512 + pair / 2 * 3)
    }
    return writer.bytes
  }

  private static func put(
    _ writer: inout ByteWriter, _ name: String, _ attributes: UInt8, cluster: UInt16, at offset: Int
  ) {
    writer.put(Array(name.utf8) + [attributes], at: offset)
    writer.putLittleEndian(cluster, at: offset + 26)
  }

  private static func shortName(_ name: String) -> String {
    let parts = name.split(separator: ".", maxSplits: 1).map(String.init)
    func padded(_ text: String, _ count: Int) -> String {
      String(text.prefix(count)) + String(repeating: " ", count: max(0, count - text.count))
    }
    return padded(parts.first ?? "", 8) + padded(parts.count > 1 ? parts[1] : "", 3)
  }
}
