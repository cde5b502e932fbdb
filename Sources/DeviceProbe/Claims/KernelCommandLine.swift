/// The parameters of `/proc/cmdline` that name a block device (R22, R23).
public enum KernelCommandLine {
  /// More parameters than any honest command line has.
  private static let limit = 512

  /// How the value of a parameter names a device.
  private enum Form {
    /// As in fstab(5).
    case tag
    /// The value itself, of one kind.
    case value(SystemClaim.Tag.Kind)
    /// A tag after the last colon, such as `/key:UUID=…`.
    case suffix
    /// A tag before the first colon, such as `UUID=…:name`.
    case prefix
    /// A UUID, whatever the prefix `luks-` and the name behind an equals sign.
    case luks
  }

  /// What names a device (kernel-parameters.txt, dracut.cmdline(7), systemd-cryptsetup-generator(8),
  /// live-boot(7), casper, the mkinitcpio hooks of Arch and its kin).
  ///
  /// Parameters that name a file without its device are left out (`findiso`, `iso-scan/filename`), as is
  /// `BOOT_IMAGE`, which has the loader's own names of disks.
  private static let parameters: [String: (SystemClaim.Kind, Form)] = [
    "root": (.root, .tag), "real_root": (.root, .tag),
    "resume": (.hibernation, .tag),
    "boot": (.startup, .tag), "mount.usr": (.startup, .tag),
    "rd.luks.uuid": (.startup, .luks), "luks.uuid": (.startup, .luks), "rd.luks.name": (.startup, .luks),
    "luks.name": (.startup, .luks), "rd.luks.key": (.startup, .suffix), "luks.key": (.startup, .suffix),
    "rd.md.uuid": (.startup, .value(.array)), "rd.lvm.lv": (.startup, .value(.logicalVolume)),
    "cryptdevice": (.startup, .prefix), "cryptkey": (.startup, .prefix),
    "img_dev": (.live, .tag), "cdrom": (.live, .tag), "cdroot": (.live, .tag), "live-media": (.live, .tag),
    "inst.stage2": (.live, .tag), "inst.repo": (.live, .tag), "archisodevice": (.live, .tag),
    "misodevice": (.live, .tag), "archisolabel": (.live, .value(.label)),
    "misolabel": (.live, .value(.label)), "archisosearchuuid": (.live, .value(.uuid)),
  ]

  /// What tells a live system to copy itself into memory.
  private static let memory: Set<String> = ["toram", "copytoram", "rd.live.ram", "copy2ram"]
  /// Values of these that do not, or not surely.
  private static let notMemory: Set<String> = ["0", "n", "no", "off", "false", "auto"]

  /// Finds the parameters that name a device; never fails.
  public static func claims(in text: some Sequence<UInt8>, source: String = "/proc/cmdline") -> [SystemClaim]
  {
    words(of: Array(text)).prefix(limit).compactMap { word in
      let halves = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let name = String(halves[0])
      let value = halves.count > 1 ? String(halves[1]) : ""
      if memory.contains(name) {
        guard !notMemory.contains(value.lowercased()) else { return nil }
        return SystemClaim(.memory, source: source, text: word, tag: SystemClaim.Tag(.none, name))
      }
      guard let (kind, form) = parameters[name], let tag = tag(value, form) else { return nil }
      // The root file system of a live system is that of its medium.
      let isLive = kind == .root && (value.hasPrefix("live:") || value.hasPrefix("CDLABEL="))
      return SystemClaim(isLive ? .live : kind, source: source, text: word, tag: tag)
    }
  }

  private static func tag(_ value: String, _ form: Form) -> SystemClaim.Tag? {
    switch form {
    case .tag: return tag(ofRoot: value)
    case .value(let kind): return value.isEmpty ? nil : SystemClaim.Tag(kind, value)
    case .suffix: return value.split(separator: ":").last.flatMap { SystemClaim.Tag(naming: String($0)) }
    case .prefix: return value.split(separator: ":").first.flatMap { SystemClaim.Tag(naming: String($0)) }
    case .luks:
      let uuid = value.prefix { $0 != "=" }
      let bare = uuid.hasPrefix("luks-") ? uuid.dropFirst(5) : uuid
      return bare.isEmpty ? nil : SystemClaim.Tag(.uuidPrefix, String(bare))
    }
  }

  /// `UUID=…`, `live:/dev/…`, `hd:LABEL=…:/path`, `PARTUUID=…/PARTNROFF=1`, `8:2` or the `0802` of old loaders.
  private static func tag(ofRoot value: String) -> SystemClaim.Tag? {
    var value = value[...]
    for prefix in ["live:", "block:", "hd:"] where value.hasPrefix(prefix) {
      value = value.dropFirst(prefix.count)
      // A path on the device may follow; a colon in a path of /dev does not end it.
      if prefix == "hd:", let colon = value.range(of: ":/") { value = value[..<colon] }
    }
    if let offset = value.firstIndex(of: "/"), value.hasPrefix("PARTUUID=") { value = value[..<offset] }
    if let tag = SystemClaim.Tag(naming: String(value)) { return tag }
    if value.contains(":"), value.allSatisfy({ $0.isASCII && ($0.isNumber || $0 == ":") }) {
      return SystemClaim.Tag(.number, String(value))
    }
    guard value.count == 3 || value.count == 4, let number = UInt32(value, radix: 16) else { return nil }
    return SystemClaim.Tag(.number, "\(number >> 8):\(number & 0xFF)")
  }

  /// Splits at white space outside of double quotes, which may stand around a value or the whole (`next_arg`).
  private static func words(of bytes: [UInt8]) -> [String] {
    var words: [String] = []
    var word: [UInt8] = []
    var isQuoted = false
    for byte in bytes + [0x20] {
      if byte == UInt8(ascii: "\"") {
        isQuoted.toggle()
      } else if byte <= 0x20, !isQuoted {
        if !word.isEmpty { words.append(String(decoding: word, as: UTF8.self)) }
        word = []
      } else {
        word.append(byte)
      }
    }
    // An open quotation runs to the end.
    if !word.isEmpty { words.append(String(decoding: word.dropLast(), as: UTF8.self)) }
    return words
  }
}

extension Substring {
  /// Where a text first stands.
  fileprivate func range(of text: String) -> Index? {
    var index = startIndex
    while index < endIndex {
      if self[index...].hasPrefix(text) { return index }
      index = self.index(after: index)
    }
    return nil
  }
}
