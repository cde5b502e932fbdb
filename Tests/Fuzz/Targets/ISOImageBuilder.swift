/// Makes small ISO 9660 images in code, honest ones to be spoilt by the tests.
///
/// Layout in blocks of 2048 bytes: 16 primary descriptor, 17 boot record, 18 Joliet descriptor,
/// 19 terminator, 20 boot catalog, then directories and files in the order they were added.
public struct ISOImageBuilder {
  /// One slot of a boot catalog behind the validation entry.
  public enum CatalogSlot {
    /// A boot entry: media byte, sector count and the path of its image.
    case entry(indicator: UInt8 = 0x88, media: UInt8 = 0, sectorCount: UInt16 = 4, path: String)
    /// A section header: 0x90 or 0x91, platform and number of entries.
    case header(UInt8, platform: UInt8, count: UInt16)
    /// Anything.
    case raw([UInt8])
  }

  /// The volume identifier.
  public var volumeIdentifier = "BURIN"
  /// The first 32768 bytes.
  public var systemArea: [UInt8] = []
  /// The platform of the validation entry.
  public var catalogPlatform: UInt8 = 0
  /// The boot catalog; empty for none.
  public var catalog: [CatalogSlot] = []
  /// Whether there is a second tree with names in UCS-2.
  public var hasJoliet = false
  /// Further blocks of the recognition sequence behind the terminator, such as `NSR02`.
  public var extraDescriptors: [String] = []

  private var files: [(path: [String], bytes: [UInt8])] = []

  /// Starts an empty image.
  public init() {}

  /// Adds a file; its directories are made.
  public mutating func add(_ path: String, _ bytes: [UInt8]) {
    files.append((path.split(separator: "/").map(String.init), bytes))
  }

  /// Where a file lies, in blocks of 2048 bytes.
  public func block(of path: String) -> UInt32 {
    let wanted = path.split(separator: "/").map(String.init)
    return layout().files.first { $0.path == wanted }?.block ?? 0
  }

  /// The whole image.
  public func build() -> [UInt8] {
    let plan = layout()
    var image = [UInt8](repeating: 0, count: Int(plan.end) * 2048)
    image.overwrite(at: 0, with: systemArea.prefix(32_768))
    image.overwrite(at: 16 * 2048, with: descriptor(type: 1, plan: plan, joliet: false))
    if !catalog.isEmpty {
      var boot = [UInt8](repeating: 0, count: 2048)
      boot.overwrite(at: 1, with: Array("CD001".utf8) + [1] + Array("EL TORITO SPECIFICATION".utf8))
      boot.overwrite(at: 71, with: little(UInt32(20)))
      image.overwrite(at: 17 * 2048, with: boot)
      image.overwrite(at: 20 * 2048, with: catalogBytes(plan))
    } else {
      image.overwrite(at: 17 * 2048, with: [254] + Array("CD001".utf8) + [1])
    }
    image.overwrite(
      at: 18 * 2048,
      with: hasJoliet
        ? descriptor(type: 2, plan: plan, joliet: true) : [254] + Array("CD001".utf8) + [1])
    image.overwrite(at: 19 * 2048, with: [255] + Array("CD001".utf8) + [1])
    for (index, name) in extraDescriptors.enumerated() {
      image.overwrite(at: (21 + index) * 2048, with: [0] + Array(name.utf8) + [1])
    }
    for joliet in hasJoliet ? [false, true] : [false] {
      for directory in plan.directories where directory.joliet == joliet {
        image.overwrite(at: Int(directory.block) * 2048, with: records(of: directory, plan: plan))
      }
    }
    for file in plan.files { image.overwrite(at: Int(file.block) * 2048, with: file.bytes) }
    return image
  }

  // MARK: - Layout

  struct Directory {
    let path: [String]
    let joliet: Bool
    let block: UInt32
  }

  struct Plan {
    var directories: [Directory] = []
    var files: [(path: [String], bytes: [UInt8], block: UInt32)] = []
    var end: UInt32 = 0
  }

  private func layout() -> Plan {
    var paths: [[String]] = [[]]
    for file in files {
      for depth in 1..<max(file.path.count, 1) where !paths.contains(Array(file.path.prefix(depth))) {
        paths.append(Array(file.path.prefix(depth)))
      }
    }
    var plan = Plan()
    var next: UInt32 = 21 + UInt32(extraDescriptors.count)
    for joliet in hasJoliet ? [false, true] : [false] {
      for path in paths {
        plan.directories.append(Directory(path: path, joliet: joliet, block: next))
        next += 2
      }
    }
    for file in files {
      plan.files.append((file.path, file.bytes, next))
      next += UInt32((file.bytes.count + 2047) / 2048)
    }
    plan.end = max(next, 32)
    return plan
  }

  private func descriptor(type: UInt8, plan: Plan, joliet: Bool) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 2048)
    bytes.overwrite(at: 0, with: [type] + Array("CD001".utf8) + [1])
    let name =
      joliet
      ? volumeIdentifier.utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }
      : Array(volumeIdentifier.utf8)
    bytes.overwrite(at: 40, with: name.prefix(32))
    bytes.overwrite(at: 80, with: both(plan.end))
    if joliet { bytes.overwrite(at: 88, with: Array("%/E".utf8)) }
    bytes.overwrite(at: 128, with: [0, 8, 8, 0])
    let root = plan.directories.first { $0.path.isEmpty && $0.joliet == joliet }
    bytes.overwrite(at: 156, with: Self.record([0], block: root?.block ?? 0, count: 4096, flags: 2))
    bytes.overwrite(at: 813, with: Array("2026013112000000".utf8) + [8])
    return bytes
  }

  private func records(of directory: Directory, plan: Plan) -> [UInt8] {
    var result = Self.record([0], block: directory.block, count: 4096, flags: 2)
    result += Self.record([1], block: directory.block, count: 4096, flags: 2)
    func identifier(_ name: String, isFile: Bool) -> [UInt8] {
      let text = isFile ? name + ";1" : name
      return directory.joliet
        ? text.utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] } : Array(text.uppercased().utf8)
    }
    let depth = directory.path.count
    for child in plan.directories
    where child.joliet == directory.joliet && child.path.count == depth + 1
      && child.path.starts(with: directory.path)
    {
      result += Self.record(
        identifier(child.path[depth], isFile: false), block: child.block, count: 4096, flags: 2)
    }
    for file in plan.files where file.path.count == depth + 1 && file.path.starts(with: directory.path) {
      result += Self.record(
        identifier(file.path[depth], isFile: true), block: file.block, count: UInt32(file.bytes.count),
        flags: 0)
    }
    return result
  }

  private func catalogBytes(_ plan: Plan) -> [UInt8] {
    var validation = [UInt8](repeating: 0, count: 32)
    validation.overwrite(at: 0, with: [1, catalogPlatform])
    validation.overwrite(at: 30, with: [0x55, 0xAA])
    let sum = UInt16(0) &- (UInt16(1) | UInt16(catalogPlatform) << 8) &- 0xAA55
    validation.overwrite(at: 28, with: [UInt8(sum & 0xFF), UInt8(sum >> 8)])
    return catalog.reduce(into: validation) { result, slot in
      var bytes = [UInt8](repeating: 0, count: 32)
      switch slot {
      case .entry(let indicator, let media, let sectorCount, let path):
        let wanted = path.split(separator: "/").map(String.init)
        let block = plan.files.first { $0.path == wanted }?.block ?? UInt32(path) ?? 0
        bytes.overwrite(at: 0, with: [indicator, media])
        bytes.overwrite(at: 6, with: [UInt8(sectorCount & 0xFF), UInt8(sectorCount >> 8)])
        bytes.overwrite(at: 8, with: little(block))
      case .header(let indicator, let platform, let count):
        bytes.overwrite(at: 0, with: [indicator, platform, UInt8(count & 0xFF), UInt8(count >> 8)])
      case .raw(let raw): bytes.overwrite(at: 0, with: raw.prefix(32))
      }
      result += bytes
    }
  }

  /// One directory record; System Use entries follow the identifier.
  public static func record(
    _ identifier: [UInt8], block: UInt32, count: UInt32, flags: UInt8, systemUse: [UInt8] = []
  ) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 33)
    bytes.overwrite(at: 2, with: both(block))
    bytes.overwrite(at: 10, with: both(count))
    bytes[25] = flags
    bytes[32] = UInt8(identifier.count)
    bytes += identifier
    if identifier.count % 2 == 0 { bytes.append(0) }
    bytes += systemUse
    bytes[0] = UInt8(bytes.count)
    return bytes
  }
}

extension [UInt8] {
  /// Replaces bytes from an offset on.
  public mutating func overwrite(at offset: Int, with bytes: some Collection<UInt8>) {
    replaceSubrange(offset..<(offset + bytes.count), with: bytes)
  }
}

/// Four bytes, the least significant first.
public func little(_ value: UInt32) -> [UInt8] {
  (0..<4).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
}

/// A number in both byte orders, as ISO 9660 stores it.
public func both(_ value: UInt32) -> [UInt8] {
  little(value) + little(value).reversed()
}
