import BlockIO
import DeviceProbe

extension FuzzTarget {
  /// Dumps of block devices, as people send them with a report.
  public static let snapshot = FuzzTarget(
    "snapshot",
    seeds: {
      let text = """
        burin-devices 1
        # a stick, and what uses it
        device 8:16 "sdb" "/dev/sdb" usb "devices/pci0000:00/usb1/1-1/block/sdb"
          bytes 31457280
          read-only no
          holders 253:0 9:127
          vendor "A \\"B\\" \\\\ \\n\\t\\u{1b}"
          usb "1-1" 480.0 "2.00" "0781" "5581" - "usb-storage"
          contents mbr clear - - -
            entry 1 1048576 30408704 "0x0c" - "vfat" "A" "1234-5678" 12
        device 8:17 "sdb1" "/dev/sdb1" usb "x"
          partition 8:16 1 -
          loop "/x" 0:40 -
        mount 8:17 "/mnt" "/" "vfat" "/dev/sdb1" "rw" 12 "sh"
        swap "/swap" 8:17 file
        btrfs "uuid" 8:16 8:17
        anchor image "/x.iso" 8:17
        claim configuration "/etc/fstab" "UUID=a /b auto" uuid "a" 8:17
        unreadable "/proc/swaps" "no"
        """
      return [Array(text.utf8), Array("burin-devices 1\n".utf8)]
    },
    run: { bytes in
      guard let snapshot = try? DeviceSnapshot(parsing: String(decoding: bytes, as: UTF8.self)) else {
        return
      }
      let again = try? DeviceSnapshot(parsing: snapshot.text)
      precondition(again == snapshot, "what was written is not read back")
    })
}
