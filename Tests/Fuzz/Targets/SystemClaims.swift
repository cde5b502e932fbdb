import DeviceProbe

extension FuzzTarget {
  /// A boot entry of the firmware as efivarfs shows it.
  public static let efiBoot = FuzzTarget(
    "efi-boot",
    seeds: { [efiBootEntry(signatureKind: 2), efiBootEntry(signatureKind: 1), [6, 0, 0, 0, 1, 0]] },
    run: { bytes in
      guard let variable = EFIVariable(file: bytes) else { return }
      _ = (variable.number, variable.text)
      guard let partition = EFIBootEntry(parsing: variable.data)?.partition else { return }
      precondition([11, 36].contains(partition.utf8.count), "no PARTUUID has this form")
    })

  /// The files that name block devices: one byte that chooses among them, then the file.
  public static let configuration = FuzzTarget(
    "configuration",
    seeds: {
      [
        "0root=UUID=1-2 rd.luks.uuid=luks-ab resume=8:2 \"toram x\" inst.stage2=hd:LABEL=A\\x20B:/x quiet",
        "1# <file system>\nUUID=12-34 /b\\040c ext4 noauto,logdev=/dev/sdb1 0 2\nLABEL=\"a b\" / x y\n",
        "2c UUID=ab /key:LABEL=k luks,header=/h:PARTUUID=c\n",
        "3[Mount]\nWhat=/dev/disk/by-uuid/12%%34\nWhere=/x\n",
        "4DEVICE partitions\nARRAY /dev/md0 UUID=a:b:c:d\n  devices=/dev/sda1,/dev/sdb1\n",
        "5VERSION=1.1.2\nIDTYPE=sys_wwid IDNAME=naa.5 DEVNAME=/dev/sda2 PVID=abc PART=2\n",
        "6\u{0}\u{0}\u{0}\u{9}/dev/sdb1\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}'/dev/disk/by-id/x-part1\u{0}",
      ].map { Array($0.utf8) }
    },
    run: { bytes in
      let text = bytes.dropFirst()
      let claims =
        switch (bytes.first ?? 0) % 7 {
        case 6: KernelCommandLine.claims(in: text)
        case 0: MountConfiguration.fstab(text)
        case 1: MountConfiguration.crypttab(text)
        case 2: MountConfiguration.unit(text, source: "u")
        case 3: StorageConfiguration.mdadm(text, source: "m")
        case 4: StorageConfiguration.lvmDevices(text, source: "l")
        default: StorageConfiguration.poolCache(Array(text), source: "z")
        }
      for claim in claims {
        precondition(claim.text.unicodeScalars.count <= 160 && !claim.tag.value.isEmpty, "\(claim)")
      }
      // What is kept of hostile files must survive a dump.
      var snapshot = DeviceSnapshot()
      snapshot.claims = claims
      precondition((try? DeviceSnapshot(parsing: snapshot.text)) == snapshot, "a claim is not read back")
    })

  /// `EFI_LOAD_OPTION` with a PCI path and a hard drive, behind the attributes of the variable.
  private static func efiBootEntry(signatureKind: UInt8) -> [UInt8] {
    let pci: [UInt8] = [1, 1, 6, 0, 0, 0x1D]
    let place: [UInt8] = [4, 1, 42, 0, 1, 0, 0, 0] + [UInt8](repeating: 8, count: 16)
    let drive = place + (1...16) + [signatureKind, signatureKind]
    let file: [UInt8] = [4, 4, 8, 0, 0x5C, 0, 0, 0]
    let path = pci + drive + file + [0x7F, 0xFF, 4, 0]
    let name: [UInt8] = [0x64, 0, 0x65, 0, 0, 0]
    return [7, 0, 0, 0] + [1, 0, 0, 0, UInt8(path.count), 0] + name + path
  }
}
