import BlockIO
import DeviceProbe

/// A device that is built on another one, and how.
struct UseHop: Hashable {
  /// How the device hangs on the one before it.
  enum Link: Hashable {
    /// It holds it in the kernel's sense: device-mapper, md, bcache and the like.
    case holder
    /// It is a partition of it.
    case partition
    /// It is a loop device that reads from it directly; the kernel does not count that as use.
    case loopOnDevice
    /// It is a loop device that reads from a file on its file system.
    case loopOnFile
  }

  /// What a sentence has named last, which decides how it goes on.
  enum Owner {
    /// The disk or partition at the start.
    case start
    /// The device that was just named.
    case device
    /// A volume of the group that was just named.
    case volume(String)

    /// How a clause with a verb of its own follows.
    var connection: String {
      switch self {
      case .start: ""
      case .device: ", which"
      case .volume(let name): ", whose \(name)"
      }
    }
  }

  /// The number of the device.
  let number: DeviceNumber
  /// The device; nil where the snapshot has only its number.
  let device: BlockDevice?
  /// How it hangs on the one before it.
  let link: Link

  /// Its name, or its number where that is all.
  var name: String { device?.name ?? number.description }

  /// What the device is, by its kind.
  private var kind: HopKind { HopKind(link, device) }

  /// The hop as a step of a chain, such as `LUKS container dm-0 (cryptroot)`.
  var label: String {
    switch kind {
    case .encrypted(let noun, let volume): "\(noun) \(name) (\(volume))"
    case .logicalVolume(let group, let volume): "LVM \(name) (\(group)-\(volume))"
    case .multipath(let volume): "multipath \(name) (\(volume))"
    case .mapped(let volume): "device-mapper \(name) (\(volume))"
    case .array(let level): "array \(name) (\(level))"
    case .partition: "partition \(name)"
    case .loop, .loopOnFile: "loop device \(name)"
    case .backing, .other: name
    }
  }

  /// Goes on with a sentence.
  func append(to text: inout String, after owner: Owner) -> Owner {
    switch kind {
    case .encrypted(let noun, _):
      text += role(noun, article: noun.article, after: owner) + ", opened as \(name)"
    case .logicalVolume(let group, let volume):
      text += role("LVM physical volume of \(group)", article: "an", after: owner)
      return .volume(volume)
    case .multipath: text += role("path of the multipath device \(name)", article: "a", after: owner)
    case .mapped(let volume):
      text += role("part of the device-mapper volume \(name) (\(volume))", article: nil, after: owner)
    case .array(let level): text += role("member of the array \(name) (\(level))", article: "a", after: owner)
    case .backing: text += role("backing device of \(name)", article: "a", after: owner)
    case .partition: text += owner.connection + " contains the partition \(name)"
    case .loop: text += owner.connection + " is read by the loop device \(name)"
    case .loopOnFile(let file): text += owner.connection + " holds \(file), read by the loop device \(name)"
    case .other: text += owner.connection + " is held by \(name)"
    }
    return .device
  }

  /// What the device before it is for this one: in apposition to a device, with a verb elsewhere.
  private func role(_ noun: String, article: String?, after owner: Owner) -> String {
    if case .device = owner { return ", \(noun)" }
    return owner.connection + " is " + (article.map { "\($0) " } ?? "") + noun
  }
}

/// What a device on top of another one is, as far as sentences tell it apart.
enum HopKind: Hashable {
  case encrypted(String, volume: String)
  case logicalVolume(group: String, volume: String)
  case multipath(String)
  case mapped(String)
  case array(level: String)
  case backing
  case partition
  case loop
  case loopOnFile(String)
  case other

  /// The prefixes of device-mapper UUIDs, which the tools that make the volumes set.
  private static let encryptedNouns = [
    ("CRYPT-LUKS", "LUKS container"), ("CRYPT-VERITY", "verity volume"),
    ("CRYPT-INTEGRITY", "integrity volume"), ("CRYPT-SUBDEV", "integrity volume"),
    ("CRYPT-BITLK", "BitLocker volume"), ("CRYPT-TCRYPT", "VeraCrypt volume"),
    ("CRYPT-", "encrypted volume"),
  ]

  /// Tells what a device is from what the kernel says of it.
  init(_ link: UseHop.Link, _ device: BlockDevice?) {
    switch (link, device?.virtual) {
    case (.partition, _): self = .partition
    case (.loopOnFile, .loop(let path, _, _)?): self = .loopOnFile(path)
    case (.loopOnDevice, _), (.loopOnFile, _): self = .loop
    case (.holder, .deviceMapper(let name, let uuid)?): self = Self.deviceMapper(name, uuid)
    case (.holder, .md(let level, "inactive")?):
      // Not started yet, or no longer: its members are claimed all the same.
      self = .array(level: level.isEmpty ? "inactive" : "\(level), inactive")
    case (.holder, .md(let level, _)?): self = .array(level: level)
    case (.holder, .other(let driver)?) where ["bcache", "drbd", "zram"].contains(driver):
      self = .backing
    case (.holder, .loop?): self = .loop
    case (.holder, _): self = .other
    }
  }

  private static func deviceMapper(_ name: String, _ uuid: String) -> HopKind {
    if let (_, noun) = encryptedNouns.first(where: { uuid.hasPrefix($0.0) }) {
      return .encrypted(noun, volume: name)
    }
    if uuid.hasPrefix("LVM-"), let (group, volume) = logicalVolume(name) {
      return .logicalVolume(group: group, volume: volume)
    }
    if uuid.hasPrefix("mpath-") { return .multipath(name) }
    return .mapped(name)
  }

  /// Splits `vg0-root` at the hyphen that stands alone; a doubled one is part of a name (lvm(8)).
  private static func logicalVolume(_ name: String) -> (group: String, volume: String)? {
    let characters = Array(name)
    var index = 0
    while index < characters.count {
      guard characters[index] == "-" else {
        index += 1
        continue
      }
      guard index + 1 < characters.count, characters[index + 1] == "-" else {
        return (joined(characters[..<index]), joined(characters[(index + 1)...]))
      }
      index += 2
    }
    return nil
  }

  private static func joined(_ escaped: ArraySlice<Character>) -> String {
    var text = ""
    var index = escaped.startIndex
    while index < escaped.endIndex {
      text.append(escaped[index])
      let isPair = escaped[index] == "-" && index + 1 < escaped.endIndex && escaped[index + 1] == "-"
      index += isPair ? 2 : 1
    }
    return text
  }
}

extension String {
  /// The indefinite article before one of the nouns above.
  fileprivate var article: String { hasPrefix("e") || hasPrefix("i") ? "an" : "a" }
}
