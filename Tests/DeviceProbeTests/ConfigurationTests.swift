import DeviceProbe
import Testing

/// Claims as `kind kind-of-tag value`, which is all that these tests look at.
private func tags(_ claims: [SystemClaim]) -> [String] {
  claims.map { "\($0.kind.rawValue) \($0.tag.kind.rawValue) \($0.tag.value)" }
}

@Suite("Files that name block devices")
struct ConfigurationTests {
  @Test(
    "R22: what the kernel was told",
    arguments: [
      ("root=UUID=1-2", "root uuid 1-2"), ("root=\"PARTLABEL=my root\"", "root partlabel my root"),
      ("\"root=LABEL=my root\"", "root label my root"),
      ("root=PARTUUID=ab-02/PARTNROFF=1", "root partuuid ab-02"), ("root=/dev/sda2", "root path /dev/sda2"),
      ("root=8:2", "root number 8:2"), ("root=0802", "root number 8:2"), ("root=802", "root number 8:2"),
      ("root=/dev/disk/by-label/my\\x20root", "root label my root"),
      ("root=live:CDLABEL=Fedora", "live label Fedora"), ("root=live:/dev/sdb1", "live path /dev/sdb1"),
      ("inst.stage2=hd:LABEL=A:/x", "live label A"), ("img_dev=/dev/disk/by-uuid/ab", "live uuid ab"),
      ("archisosearchuuid=2024-01-01", "live uuid 2024-01-01"), ("archisolabel=ARCH", "live label ARCH"),
      ("resume=UUID=5", "hibernation uuid 5"), ("rd.luks.uuid=luks-1a2b", "startup uuid-prefix 1a2b"),
      ("rd.luks.name=1a2b=root", "startup uuid-prefix 1a2b"),
      ("rd.luks.key=/key:UUID=77", "startup uuid 77"), ("cryptdevice=UUID=9:root", "startup uuid 9"),
      ("cryptdevice=/dev/sda3:root:discard", "startup path /dev/sda3"),
      ("rd.lvm.lv=vg/root", "startup lv vg/root"), ("rd.md.uuid=a:b", "startup array a:b"),
      ("boot=UUID=7", "startup uuid 7"), ("toram", "memory none toram"),
      ("copytoram=y", "memory none copytoram"), ("rd.live.ram=1", "memory none rd.live.ram"),
    ])
  func commandLine(text: String, expected: String) {
    let claims = KernelCommandLine.claims(in: "BOOT_IMAGE=(hd0,gpt2)/vmlinuz \(text) quiet\n".utf8)
    #expect(tags(claims) == [expected])
  }

  @Test(
    "what names no device is no claim",
    arguments: [
      "", "root", "root=", "root=UUID=", "root=/dev/disk/by-uuid/", "root=/dev", "root=/x", "boot=live",
      "root=ZFS=pool/x", "root=nfs",
      "rd.live.ram=0", "copytoram=auto", "cdrom", "findiso=/a.iso", "rootflags=subvol=/dev/sda",
      "xroot=UUID=1",
      "root=:::", "inst.repo=https://x/", "rd.luks.uuid=luks-",
    ])
  func nothing(text: String) {
    // A number that is none finds no device, so that it does no harm.
    #expect(KernelCommandLine.claims(in: text.utf8).filter { $0.tag.kind != .number }.isEmpty)
  }

  @Test("R24: fstab, with blanks and quotes in names, and devices in options")
  func fstab() {
    let text = """
      # UUID=comment / ext4
        UUID=A-1 \t /b\\040c ext4 noauto,x=1 0 2
      LABEL=my\\040disk / ext4
      PARTLABEL="q"  / ext4 defaults,logdev=/dev/sdb2,device=/dev/sdc
      ID=usb-x / ext4
      tmpfs /tmp tmpfs
      nas:/export /n nfs
      /swapfile none swap
      """
    let claims = MountConfiguration.fstab(text.utf8)
    #expect(
      tags(claims) == [
        "configuration uuid A-1", "configuration label my disk", "configuration partlabel q",
        "configuration path /dev/sdb2", "configuration path /dev/sdc",
        "configuration path /dev/disk/by-id/usb-x",
      ])
    #expect(claims[0].text == "UUID=A-1 /b\\040c ext4 noauto,x=1 0 2")
    #expect(claims[0].source == "/etc/fstab")
  }

  @Test("R24: crypttab, with the devices of keys and headers")
  func crypttab() {
    let text =
      "c UUID=1 none luks\nd PARTUUID=2 /key:LABEL=stick header=/h:UUID=3\ne /dev/sdb1 /dev/urandom\n"
    #expect(
      tags(MountConfiguration.crypttab(text.utf8)) == [
        "configuration uuid 1", "configuration partuuid 2", "configuration label stick",
        "configuration uuid 3", "configuration path /dev/sdb1", "configuration path /dev/urandom",
      ])
  }

  @Test("R24: units of systemd")
  func unit() {
    let text =
      "[Unit]\nDescription=What=UUID=0\n[Mount]\nWhat = /dev/disk/by-uuid/A%%1\n;What=UUID=2\nWhere=/x\n"
    #expect(tags(MountConfiguration.unit(text.utf8, source: "x.mount")) == ["configuration uuid A%1"])
  }

  @Test("R24: arrays, over several lines")
  func mdadm() {
    let text =
      "DEVICE partitions\narray /dev/md0 metadata=1.2\n   UUID=1:2:3:4\n# x\nARR /dev/md1 devices=/dev/sda1,/dev/sdb1\n"
    let claims = StorageConfiguration.mdadm(text.utf8, source: "/etc/mdadm.conf")
    #expect(
      tags(claims) == [
        "configuration array 1:2:3:4", "configuration path /dev/sda1", "configuration path /dev/sdb1",
      ])
    #expect(claims[0].text == "array /dev/md0 metadata=1.2 UUID=1:2:3:4")
  }

  @Test("R24: the devices of LVM: where one was seen last counts only if nothing better is known")
  func lvm() {
    let text = """
      # LVM uses devices listed in this file.
      VERSION=1.1.5
      IDTYPE=sys_wwid IDNAME=naa.5000 DEVNAME=/dev/sda2 PVID=abcDEF PART=2
      IDTYPE=sys_serial IDNAME=S1 DEVNAME=/dev/sdb PVID=.
      IDTYPE=devname IDNAME=/dev/sdc DEVNAME=/dev/sdc PVID=.
      """
    #expect(
      tags(StorageConfiguration.lvmDevices(text.utf8, source: "l")) == [
        "configuration pv abcDEF", "configuration hardware S1", "configuration path /dev/sdc",
      ])
  }

  @Test("R24: the paths in a cache of pools, whatever the length before them looks like", arguments: 5..<130)
  func poolCache(length: Int) {
    let path = "/dev/" + String(repeating: "x", count: length - 5)
    let padding = [UInt8](repeating: 0, count: (4 - length % 4) % 4)
    let text = [0, 0, 0, UInt8(length)] + Array(path.utf8) + padding
    let next: [UInt8] = [0, 0, 0, 5, 0x2F, 0x64, 0x65, 0x76, 0x73]
    #expect(tags(StorageConfiguration.poolCache(text + next, source: "z")) == ["configuration path \(path)"])
  }

  @Test("a huge or endless line is read in bounded time and quoted in part")
  func huge() {
    let line = "UUID=1 /x " + String(repeating: "a\u{301}", count: 100_000)
    let claims = MountConfiguration.fstab(line.utf8)
    #expect(claims.count == 1 && claims[0].text.unicodeScalars.count == 160)
    let many = String(repeating: "UUID=1 /x\n", count: 10_000)
    #expect(MountConfiguration.fstab(many.utf8).count == 4096)
    let words = String(repeating: "root=UUID=1 ", count: 10_000)
    #expect(KernelCommandLine.claims(in: words.utf8).count == 512)
  }
}
