import DeviceProbe
import Testing

@testable import UndoStore

@Suite("That very disk")
struct FingerprintTests {
  private let stick = Situation().disk

  private func changed(_ change: (inout DiskFingerprint) -> Void) -> DiskFingerprint {
    var other = stick
    change(&other)
    return other
  }

  private func with(serial: String?, wwn: String? = nil) -> DiskFingerprint {
    changed { $0.kind = .disk(HardwareIdentity(vendor: "SanDisk", model: "Ultra", serial: serial, wwn: wwn)) }
  }

  @Test("with a serial number it is the same in another port, under another name, after a restart")
  func replugged() {
    let other = changed {
      $0.path = "/dev/sdq"
      $0.port = "2-1"
      $0.diskSequence = 99
      $0.bootID = "next"
    }
    #expect(stick.isSameDisk(as: other))
  }

  @Test("another serial number, size, block size or model is another disk")
  func others() {
    let others = [
      with(serial: "4C5300012306"), with(serial: nil), with(serial: "4C5300012305", wwn: "naa.5"),
      changed { $0.byteCount += 512 }, changed { $0.logicalBlockSize = 4096 },
      changed { $0.physicalBlockSize = 4096 },
      changed {
        $0.kind = .disk(HardwareIdentity(vendor: "SanDisk", model: "Cruzer", serial: "4C5300012305"))
      },
      changed { $0.kind = .virtualStick(fileSystem: 1, inode: 2) },
    ]
    for other in others { #expect(!stick.isSameDisk(as: other), "\(other)") }
  }

  @Test(
    "without a number of its own only the same plug-in is the same disk",
    arguments: [nil, "", "0", "0000000000", "0123456789ABCDEF", "12345678", "1111-2222"])
  func nameless(serial: String?) {
    let mine = with(serial: serial)
    #expect(mine.isSameDisk(as: mine))
    var other = mine
    other.diskSequence = 22
    #expect(!mine.isSameDisk(as: other))
    other = mine
    other.bootID = "next"
    #expect(!mine.isSameDisk(as: other), "diskseq begins anew with the machine")
    other = mine
    other.diskSequence = nil
    #expect(!other.isSameDisk(as: other))
  }

  @Test("a virtual stick is a file, not its name")
  func virtual() {
    let file = changed { $0.kind = .virtualStick(fileSystem: 1, inode: 2) }
    #expect(
      file.isSameDisk(
        as: changed {
          $0.kind = .virtualStick(fileSystem: 1, inode: 2); $0.path = "x"
        }))
    #expect(!file.isSameDisk(as: changed { $0.kind = .virtualStick(fileSystem: 1, inode: 3) }))
  }
}
