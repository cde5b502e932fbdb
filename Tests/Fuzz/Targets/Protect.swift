import DeviceProbe

extension FuzzTarget {
  /// Lists of protected disks, which people write by hand and root reads from a person's home.
  public static let protect = FuzzTarget(
    "protect",
    seeds: {
      [
        "# mine\nserial=4C53 0001 # backup\r\nwwn = 0x5000c500\n\ngpt=1F9C6E10-2F9C-4C0B-9AD4-1A1B1C1D1E1F\n",
        "uuid=1234-ABCD\nseriel=1\nserial=\n#",
      ].map { Array($0.utf8) }
    },
    run: { bytes in
      let list = ProtectionList(parsing: bytes, file: "f")
      precondition(list.protections.count + list.faults.count <= bytes.split(separator: 0x0A).count)
      for entry in list.protections {
        let line = ProtectionList.line(entry.kind, entry.value, note: entry.note)
        let again = ProtectionList(parsing: Array(line.utf8), file: "f")
        precondition(again.faults.isEmpty && again.protections.map(\.value) == [entry.value], "lost")
      }
    })
}
