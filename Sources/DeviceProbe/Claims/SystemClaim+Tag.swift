import BlockIO

extension SystemClaim.Tag {
  /// Links that udevd makes from tags, and the tags that they stand for.
  private static let links: [(prefix: String, kind: Kind)] = [
    ("/dev/disk/by-uuid/", .uuid), ("/dev/disk/by-label/", .label),
    ("/dev/disk/by-partuuid/", .partUUID), ("/dev/disk/by-partlabel/", .partLabel),
  ]

  /// The names before the equals sign (fstab(5), dracut.cmdline(7)); firmer than libmount, any case will do.
  private static let names: [String: Kind] = [
    "UUID": .uuid, "LABEL": .label, "CDLABEL": .label, "PARTUUID": .partUUID, "PARTLABEL": .partLabel,
  ]

  /// Reads the form that fstab(5) and most parameters of the kernel have: `UUID=…`, `/dev/…`; nil for
  /// anything that names no device, such as `tmpfs` or a path of a file.
  public init?(naming text: String) {
    if text.hasPrefix("/dev/") {
      guard let link = Self.links.first(where: { text.hasPrefix($0.prefix) }) else {
        self.init(.path, text)
        return
      }
      let name = LinkName.decode(String(text.dropFirst(link.prefix.count)))
      guard !name.isEmpty else { return nil }
      self.init(link.kind, name)
      return
    }
    guard let equals = text.firstIndex(of: "=") else { return nil }
    var value = text[text.index(after: equals)...]
    if let quote = value.first, quote == "\"" || quote == "'", value.count > 1, value.last == quote {
      value = value.dropFirst().dropLast()
    }
    guard !value.isEmpty else { return nil }
    let name = text[..<equals].uppercased()
    if name == "ID" {
      self.init(.path, "/dev/disk/by-id/\(value)")
    } else if let kind = Self.names[name] {
      self.init(kind, String(value))
    } else {
      return nil
    }
  }

  /// The link below `/dev` that udevd makes for the tag; nil for tags without one.
  var link: String? {
    switch kind {
    case .path: value
    case .uuid, .label, .partUUID, .partLabel:
      Self.links.first { $0.kind == kind }.map { $0.prefix + LinkName.encode(value) }
    default: nil
    }
  }
}

/// The names of links in `/dev/disk`, in which udevd writes unusual characters as `\x20` (`encode_devnode_name`).
enum LinkName {
  /// Takes the `\x20` form back.
  static func decode(_ name: String) -> String {
    let bytes = Array(name.utf8)
    guard bytes.contains(UInt8(ascii: "\\")) else { return name }
    var result: [UInt8] = []
    var index = 0
    while index < bytes.count {
      let digits = bytes.dropFirst(index + 2).prefix(2)
      if bytes[index...].starts(with: "\\x".utf8), digits.count == 2,
        let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
      {
        result.append(value)
        index += 4
      } else {
        result.append(bytes[index])
        index += 1
      }
    }
    return String(decoding: result, as: UTF8.self)
  }

  /// Writes the `\x20` form; characters beyond ASCII stay as they are.
  static func encode(_ text: String) -> String {
    var name = ""
    for scalar in text.unicodeScalars {
      if !scalar.isASCII || scalar.properties.isAlphabetic
        || "0123456789#+-.:=@_".unicodeScalars.contains(scalar)
      {
        name.unicodeScalars.append(scalar)
      } else {
        name += (scalar.value < 16 ? "\\x0" : "\\x") + String(scalar.value, radix: 16)
      }
    }
    return name
  }
}
