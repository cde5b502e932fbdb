import BlockIO

/// The tables of what is to be mounted, opened or swapped to (R24): fstab(5), crypttab(5), systemd units.
public enum MountConfiguration {
  /// Lines beyond this number are not read, which is far beyond what any system mounts.
  static let lineLimit = 4096

  /// Options that name a device besides the one in the first field (mount(8), btrfs(5), crypttab(5)).
  private static let options: Set<String> = ["logdev", "rtdev", "journal_path", "device", "header", "key"]

  /// Reads fstab(5); lines that name no device, such as those of `tmpfs`, are left out.
  public static func fstab(_ text: some Sequence<UInt8>, source: String = "/etc/fstab") -> [SystemClaim] {
    lines(text).flatMap { line in
      let fields = fields(of: line)
      guard let device = fields.first else { return [SystemClaim]() }
      let tags = [device] + (fields.count > 3 ? devices(inOptions: fields[3]) : [])
      return claims(tags, line, source)
    }
  }

  /// Reads crypttab(5): the encrypted device, and the one that holds the key or the header.
  public static func crypttab(_ text: some Sequence<UInt8>, source: String = "/etc/crypttab") -> [SystemClaim]
  {
    lines(text).flatMap { line in
      let fields = fields(of: line)
      guard fields.count > 1 else { return [SystemClaim]() }
      var tags = [fields[1]]
      if fields.count > 2 { tags += fileDevice(fields[2]) }
      if fields.count > 3 { tags += devices(inOptions: fields[3]) }
      return claims(tags, line, source)
    }
  }

  /// Reads `What=` of a systemd.mount(5) or systemd.swap(5) unit.
  ///
  /// An automount unit names no device: its mount unit does.
  public static func unit(_ text: some Sequence<UInt8>, source: String) -> [SystemClaim] {
    lines(text).flatMap { line in
      let halves = line.split(separator: "=", maxSplits: 1).map { String($0).trimmed ?? "" }
      guard halves.count == 2, halves[0] == "What" else { return [SystemClaim]() }
      // A percent sign begins a specifier, and a doubled one stands for itself.
      var what = ""
      var isSpecifier = false
      for character in halves[1] {
        if character == "%", isSpecifier { isSpecifier = false; continue }
        isSpecifier = character == "%"
        what.append(character)
      }
      return claims([what], line, source)
    }
  }

  private static func claims(_ devices: [String], _ line: String, _ source: String) -> [SystemClaim] {
    let text = line.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    return devices.compactMap { SystemClaim.Tag(naming: $0) }.unique.map {
      SystemClaim(.configuration, source: source, text: text, tag: $0)
    }
  }

  /// The lines that say something.
  static func lines(_ text: some Sequence<UInt8>) -> [String] {
    Array(text).split(separator: 0x0A).prefix(lineLimit).compactMap { bytes in
      guard let line = String(decoding: bytes, as: UTF8.self).trimmed,
        !line.hasPrefix("#"), !line.hasPrefix(";")
      else { return nil }
      return line
    }
  }

  private static func fields(of line: String) -> [String] {
    line.utf8.split { $0 == 0x20 || $0 == 0x09 }.map { EscapedFields.unescape($0) }
  }

  private static func devices(inOptions list: String) -> [String] {
    list.split(separator: ",").flatMap { option in
      let halves = option.split(separator: "=", maxSplits: 1)
      guard halves.count == 2, options.contains(String(halves[0])) else { return [String]() }
      return fileDevice(String(halves[1]))
    }
  }

  /// A device, or one behind a path on it: `/key:UUID=…`.
  private static func fileDevice(_ text: String) -> [String] {
    guard !text.hasPrefix("/dev/"), let colon = text.firstIndex(of: ":") else { return [text] }
    return [String(text[text.index(after: colon)...])]
  }
}
