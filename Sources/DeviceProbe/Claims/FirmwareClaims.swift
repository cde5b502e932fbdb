import BlockIO

/// What the firmware and the boot loader say of where the system came from (R21) and where it hibernates to (R22).
struct FirmwareClaims {
  private(set) var claims: [SystemClaim] = []

  private static let directory = "/sys/firmware/efi/efivars"
  /// The vendors of variables: UEFI 2.10 section 3.3, the boot loader interface, and systemd.
  private static let global = "8be4df61-93ca-11d2-aa0d-00e098032b8c"
  private static let loader = "4a67b082-0a4c-41cf-b6c7-440b29bb8c4f"
  private static let systemd = "8cf2644b-4b0b-428f-9387-6d876050dc67"

  init(_ files: inout ClaimFiles) {
    readBootEntry(&files)
    readLoader(&files)
    readHibernation(&files)
    readBIOS(&files)
  }

  private func variable(_ name: String, _ vendor: String, _ files: inout ClaimFiles) -> (String, EFIVariable)?
  {
    let path = "\(Self.directory)/\(name)-\(vendor)"
    guard let bytes = files.bytes(path) else { return nil }
    guard let variable = EFIVariable(file: bytes) else {
      files.reject(path)
      return nil
    }
    return (path, variable)
  }

  private mutating func readBootEntry(_ files: inout ClaimFiles) {
    guard let (path, current) = variable("BootCurrent", Self.global, &files) else { return }
    guard let number = current.number else { return files.reject(path) }
    let digits = String(number, radix: 16, uppercase: true)
    let name = "Boot" + String(repeating: "0", count: 4 - digits.count) + digits
    guard let (entryPath, variable) = variable(name, Self.global, &files) else { return }
    guard let entry = EFIBootEntry(parsing: variable.data) else { return files.reject(entryPath) }
    // Entries for the network, a shell or a whole device name no partition.
    guard let partition = entry.partition else { return }
    add(.firmware, entryPath, "\(name) \"\(entry.description)\"", .partUUID, partition)
  }

  private mutating func readLoader(_ files: inout ClaimFiles) {
    guard let (path, variable) = variable("LoaderDevicePartUUID", Self.loader, &files) else { return }
    guard let text = variable.text, text.utf8.count == 36, Self.isUUID(text) else {
      return files.reject(path)
    }
    add(.loader, path, text, .partUUID, text)
  }

  private mutating func readHibernation(_ files: inout ClaimFiles) {
    let resume = "/sys/power/resume"
    if let bytes = files.bytes(resume) {
      let text = String(decoding: bytes, as: UTF8.self).trimmed ?? ""
      if let number = DeviceNumber(text) {
        // 0:0 is nowhere.
        if number.deviceID != 0 { add(.hibernation, resume, text, .number, text) }
      } else {
        files.reject(resume)
      }
    }
    guard let (path, variable) = variable("HibernateLocation", Self.systemd, &files) else { return }
    guard let text = variable.text, let uuid = Self.uuid(inJSON: text) else { return files.reject(path) }
    add(.hibernation, path, text, .uuid, uuid)
  }

  /// The signature of what the BIOS calls its first disk (drivers/firmware/edd.c).
  private mutating func readBIOS(_ files: inout ClaimFiles) {
    let path = "/sys/firmware/edd/int13_dev80/mbr_signature"
    guard let bytes = files.bytes(path) else { return }
    let text = String(decoding: bytes, as: UTF8.self).trimmed ?? ""
    guard text.hasPrefix("0x"), text.utf8.count == 10, let value = UInt32(text.dropFirst(2), radix: 16) else {
      return files.reject(path)
    }
    // Empty disks have no signature.
    if value != 0 { add(.bios, path, text, .table, String(text.dropFirst(2))) }
  }

  private mutating func add(
    _ kind: SystemClaim.Kind, _ source: String, _ text: String, _ tag: SystemClaim.Tag.Kind, _ value: String
  ) {
    claims.append(SystemClaim(kind, source: source, text: text, tag: SystemClaim.Tag(tag, value)))
  }

  /// The value of `"uuid"` in the object that systemd-sleep(8) writes.
  private static func uuid(inJSON text: String) -> String? {
    let parts = text.split(separator: "\"", omittingEmptySubsequences: false)
    guard let key = parts.firstIndex(of: "uuid"), key + 2 < parts.count,
      parts[key + 1].allSatisfy({ $0 == ":" || $0 == " " }), isUUID(String(parts[key + 2]))
    else { return nil }
    return String(parts[key + 2])
  }

  /// Hexadecimal digits and hyphens, in number as in a UUID or, of FAT, in less.
  private static func isUUID(_ text: String) -> Bool {
    (8...36).contains(text.utf8.count) && text.allSatisfy { $0.isHexDigit || $0 == "-" }
  }
}
