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
    for line in Array(text).split(separator: UInt8(ascii: "\n")) {
      if let row = Row(parsing: line) { rows.append(row) } else { malformedLineCount += 1 }
    }
  }
}

extension MountTable.Row {
  /// Reads a line such as `36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw`.
  init?(parsing line: ArraySlice<UInt8>) {
    let space = UInt8(ascii: " ")
    // An empty source leaves two blanks in a row, so empty fields count.
    let fields = line.split(separator: space, omittingEmptySubsequences: false)
    // The number of optional fields varies, so only the hyphen tells where they end.
    guard let hyphen = fields.dropFirst(6).firstIndex(where: { $0.elementsEqual([UInt8(ascii: "-")]) }),
      fields.count > hyphen + 3,
      let id = Int(ascii: fields[0]), let parent = Int(ascii: fields[1]),
      let device = DeviceNumber(String(decoding: fields[2], as: UTF8.self)),
      !fields[4].isEmpty, !fields[hyphen + 1].isEmpty
    else { return nil }
    self.id = id
    self.parent = parent
    self.device = device
    root = EscapedFields.unescape(fields[3])
    mountPoint = EscapedFields.unescape(fields[4])
    fileSystem = EscapedFields.unescape(fields[hyphen + 1])
    source = EscapedFields.unescape(fields[hyphen + 2])
    // Some file systems print options without escaping blanks: the rest of the line is theirs.
    options = String(decoding: line[fields[hyphen + 3].startIndex...], as: UTF8.self)
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

extension Int {
  /// Reads digits and nothing else.
  init?(ascii digits: ArraySlice<UInt8>) {
    guard !digits.isEmpty, digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
      return nil
    }
    self.init(String(decoding: digits, as: UTF8.self))
  }
}
