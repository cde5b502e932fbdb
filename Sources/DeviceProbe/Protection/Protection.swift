/// A disk that somebody has put on the list of those that are never written, named by what identifies it.
public struct Protection: Hashable, Sendable {
  /// What a disk is recognised by.
  public enum Kind: String, Hashable, Sendable, CaseIterable {
    /// The serial number of the hardware.
    case serial
    /// The world wide name of the hardware.
    case wwn
    /// The GUID of the disk in its GPT (UEFI 2.10 table 5-5, bytes 56 to 71 of the header).
    case gpt
    /// The UUID of a file system, or of what stands in place of one, on the disk or on a partition of it.
    case uuid
  }

  /// What it is recognised by.
  public var kind: Kind
  /// The value, without blanks at either end.
  public var value: String
  /// Why, in words for people; nil where nobody has said.
  public var note: String?
  /// The file that says so.
  public var file: String
  /// The line in it, 1-based.
  public var line: Int

  /// Creates an entry.
  public init(_ kind: Kind, _ value: String, note: String? = nil, file: String, line: Int) {
    self.kind = kind
    self.value = value
    self.note = note
    self.file = file
    self.line = line
  }

  /// Whether another value means the same: hexadecimal digits are written in both cases, and a world wide
  /// name with the prefixes of the kernel, of udevd and of the links in `/dev/disk/by-id`.
  public func means(_ other: String?) -> Bool {
    guard let other else { return false }
    return normal(value) == normal(other)
  }

  private static let namePrefixes = ["wwn-", "0x", "naa.", "eui."]

  private func normal(_ text: String) -> Substring {
    var rest = text.lowercased()[...]
    guard kind == .wwn else { return rest }
    for prefix in Self.namePrefixes where rest.hasPrefix(prefix) { rest = rest.dropFirst(prefix.count) }
    return rest
  }
}

/// Something in a list of protected disks that cannot be understood; whatever it meant, it relaxes nothing (R6).
public struct ProtectionFault: Hashable, Sendable {
  /// What is wrong.
  public enum Reason: Error, Hashable, Sendable {
    /// The file or folder is there and cannot be read, with the kernel's word for why.
    case unreadable(String)
    /// It is no regular file.
    case notAFile
    /// A line is not of the form `KIND=VALUE`.
    case form
    /// A line names a kind that nothing is known of.
    case kind(String)
    /// The value is empty, or has not the form of its kind.
    case value(String)
    /// The bytes of a line are no text.
    case encoding
  }
  /// The file or folder.
  public var file: String
  /// The line, 1-based; nil where the whole file is meant.
  public var line: Int?
  /// What is wrong.
  public var reason: Reason
  /// Creates a fault.
  public init(file: String, line: Int? = nil, _ reason: Reason) {
    self.file = file
    self.line = line
    self.reason = reason
  }
}
