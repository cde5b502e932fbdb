/// The mounts of one namespace, from `/proc/PID/mountinfo` (proc_pid_mountinfo(5)).
public struct MountTable: Hashable, Sendable {
  /// One mount.
  public struct Row: Hashable, Sendable {
    /// The number of the mount, `mnt_id` of an open file's `/proc/self/fdinfo`.
    public var id: Int
    /// The number of the mount that it is mounted on.
    public var parent: Int
    /// The number of the device, anonymous (major 0) for file systems without one of their own.
    public var device: DeviceNumber
    /// The directory of the file system that is mounted.
    public var root: String
    /// Where it is mounted.
    public var mountPoint: String
    /// The type of the file system, with a subtype for FUSE.
    public var fileSystem: String
    /// What was given to mount; may be empty, and may name a device that is another one by now.
    public var source: String
    /// The options of the super block, escaped as the kernel writes them: only so do commas separate.
    public var options: String
  }

  /// The mounts in the kernel's order.
  public var rows: [Row]
  /// The lines that were not understood.
  ///
  /// The kernel writes none, so a table with any is not to be relied on.
  public var malformedLineCount: Int

  /// Reads a table; never fails.
  public init(parsing text: some Sequence<UInt8>) {
    rows = []
    malformedLineCount = 0
    let bytes = Array(text)
    var start = 0
    while start < bytes.count {
      let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
      if start < end {
        if let row = Row(parsing: bytes[start..<end]) { rows.append(row) } else { malformedLineCount += 1 }
      }
      start = end + 1
    }
  }
}

extension MountTable.Row {
  /// Reads a line such as `36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw`.
  ///
  /// A machine may have thousands of them, so nothing is copied but what is kept.
  init?(parsing line: ArraySlice<UInt8>) {
    var fields = BlankFields(line)
    guard let id = Int(ascii: fields.next()), let parent = Int(ascii: fields.next()),
      let device = DeviceNumber(ascii: fields.next())
    else { return nil }
    let (root, mountPoint) = (fields.next(), fields.next())
    _ = fields.next()
    // The number of optional fields varies, so only the hyphen tells where they end.
    repeat {
      guard !fields.isAtEnd else { return nil }
    } while !fields.next().elementsEqual(CollectionOfOne(UInt8(ascii: "-")))
    // An empty source leaves two blanks in a row, so empty fields count.
    let (fileSystem, source) = (fields.next(), fields.next())
    guard !fields.isAtEnd, !mountPoint.isEmpty, !fileSystem.isEmpty else { return nil }
    self.id = id
    self.parent = parent
    self.device = device
    self.root = EscapedFields.unescape(root)
    self.mountPoint = EscapedFields.unescape(mountPoint)
    self.fileSystem = EscapedFields.unescape(fileSystem)
    self.source = EscapedFields.unescape(source)
    // Some file systems print options without escaping blanks: the rest of the line is theirs.
    options = String(decoding: fields.rest, as: UTF8.self)
  }
}

/// The fields of a line between single blanks, one after the other.
private struct BlankFields {
  /// What has not been handed out yet.
  private(set) var rest: ArraySlice<UInt8>
  /// Whether the last field has been handed out; the one after a blank at the end is empty, but there.
  private(set) var isAtEnd = false

  init(_ line: ArraySlice<UInt8>) { rest = line }

  /// The next field; empty at the end.
  mutating func next() -> ArraySlice<UInt8> {
    guard let blank = rest.firstIndex(of: UInt8(ascii: " ")) else {
      defer {
        rest = rest[rest.endIndex...]
        isAtEnd = true
      }
      return rest
    }
    defer { rest = rest[(blank + 1)...] }
    return rest[..<blank]
  }
}

extension MountTable {
  /// The values of an option, unescaped; it may be given several times.
  public static func values(of name: String, in options: String) -> [String] {
    options.utf8.split(separator: UInt8(ascii: ",")).compactMap { option in
      let prefix = "\(name)=".utf8
      return option.starts(with: prefix) ? EscapedFields.unescape(option.dropFirst(prefix.count)) : nil
    }
  }
}

extension FixedWidthInteger {
  /// Reads digits and nothing else.
  fileprivate init?(ascii digits: ArraySlice<UInt8>) {
    guard !digits.isEmpty else { return nil }
    var value: Self = 0
    for digit in digits {
      guard digit >= UInt8(ascii: "0"), digit <= UInt8(ascii: "9") else { return nil }
      let (tens, overflows) = value.multipliedReportingOverflow(by: 10)
      let (sum, carries) = tens.addingReportingOverflow(Self(digit - UInt8(ascii: "0")))
      guard !overflows, !carries else { return nil }
      value = sum
    }
    self = value
  }
}

extension DeviceNumber {
  /// Reads the `8:16` of mountinfo; nil for anything else.
  fileprivate init?(ascii text: ArraySlice<UInt8>) {
    guard let colon = text.firstIndex(of: UInt8(ascii: ":")), let major = UInt32(ascii: text[..<colon]),
      let minor = UInt32(ascii: text[(colon + 1)...])
    else { return nil }
    self.init(major: major, minor: minor)
  }
}
