public import DiskContainers

/// What is odd about the container of a disk.
enum ContainerFindings {
  /// No disk can be had from it.
  static func fault(_ error: ContainerError, _ format: ContainerFormat) -> ImageReport.Finding {
    let isWhole = if case .needs = error { true } else { false }
    return .init(
      isWhole ? .containerUnsupported : .containerDamaged,
      sentence(error.explanation) + " " + sentence(error.remedy(format)), at: error.offset)
  }

  /// A disk can be had all the same.
  static func note(_ note: ContainerNote) -> ImageReport.Finding {
    switch note {
    case .notClosed:
      .init(
        .containerNotClosed,
        "Nobody closed the container properly: the disk may be as after a power cut. Close it and try again.")
    case .hasSnapshots:
      .init(
        .containerSnapshots,
        "Older states of the disk are kept in the container. They are left out: only the newest is written.")
    }
  }

  /// Empty sectors at the end of a raw disc do not come along.
  static func leftOut(_ count: UInt64) -> ImageReport.Finding {
    .init(
      .containerTrailer,
      "Empty sectors at the end of the file that are left out: \(count). They are of form 2, which has no data of a "
        + "computer, and lie behind the end of the volume.")
  }

  /// A sheet that says where the tracks of a disc lie, and is no disc.
  static func cueSheet(_ bytes: [UInt8]) -> ImageReport.Finding {
    let advice: String
    do throws(CueSheet.Fault) {
      let sheet = try CueSheet(parsing: bytes)
      advice =
        "Write the file that it names, \"\(sheet.fileName)\", which must lie beside it: get that as well if it is missing."
    } catch {
      switch error {
      case .senseless: advice = "What it says makes no sense. Write the file beside it that holds the disc."
      case .elsewhere:
        advice = "The file that it names lies elsewhere, and is not looked at. Write that file."
      case .severalTracks:
        advice = "The disc has several tracks. Take the data out of them with bchunk FILE.bin FILE.cue track."
      case .noData: advice = "The disc holds no data that a computer could start."
      }
    }
    return .init(.container, "This is a CUE sheet, a text about a disc and not the disc. " + advice, at: 0)
  }

  private static func sentence(_ text: String) -> String {
    text.prefix(1).uppercased() + text.dropFirst() + "."
  }
}

/// Words for what is wrong with a disk container, for findings and for errors alike.
extension ContainerError {
  /// What is wrong, as a part of a sentence.
  public var explanation: String {
    switch self {
    case .unreadable(_, let offset): "byte \(offset) of it cannot be read"
    case .damaged(let part, let offset): "\(part.words) at byte \(offset) of it makes no sense"
    case .checksumWrong(let part, let offset):
      "\(part.words) at byte \(offset) of it does not have its checksum"
    case .cutOff(let part, let offset):
      "\(part.words) should lie at byte \(offset), where the file has ended already"
    case .usedTwice(let offset):
      "byte \(offset) of it is used for two places of the disk, or for a table besides"
    case .tooLong(let part, let count):
      "\(part.words) is \(count) bytes long by its own account, which nobody needs"
    case .needs(let need): need.words
    case .outOfMemory: "there is no memory left to read it"
    case .budgetExhausted: "its tables ask for more reading than those of any honest disk"
    }
  }

  /// What to do about it, as a part of a sentence.
  public func remedy(_ format: ContainerFormat) -> String {
    switch self {
    case .needs(.key) where format == .dmg, .needs(.method) where format == .dmg,
      .needs(.feature) where format == .dmg, .needs(.dataFile) where format == .dmg:
      "convert it first, with `hdiutil convert FILE -format UDTO -o disk` on a Mac or `dmg2img FILE disk.img`"
    case .needs(.dataTrack):
      "take the data track out of it first, if there is one, with `bchunk FILE.bin FILE.cue track`"
    case .needs(.key) where format == .qcow2:
      "convert it first, with `qemu-img convert --object secret,id=key,file=KEYFILE --image-opts "
        + "driver=qcow2,file.filename=FILE,encrypt.key-secret=key -O raw disk.img`"
    case .needs(.repair), .needs(.journal):
      "mend it first, with `qemu-img check -r all FILE`, or start the machine that it belongs to once more"
    case .needs(.wholeFile): "save it as a file first, then write that"
    case .needs: "convert it first, with `qemu-img convert -O raw FILE disk.img`, where its other files are"
    case .unreadable, .outOfMemory, .budgetExhausted, .tooLong: "convert it first, with its own tool"
    case .damaged, .checksumWrong, .cutOff, .usedTwice: "get it again, and compare its checksum"
    }
  }

  /// Where something is wrong, in bytes of the file.
  fileprivate var offset: UInt64? {
    switch self {
    case .unreadable(_, let offset), .damaged(_, let offset), .checksumWrong(_, let offset),
      .cutOff(_, let offset), .usedTwice(let offset):
      offset
    case .tooLong, .needs, .outOfMemory, .budgetExhausted: nil
    }
  }
}

extension ContainerPart {
  fileprivate var words: String {
    switch self {
    case .header: "the header"
    case .footer: "the footer"
    case .table: "the table"
    case .descriptor: "the description of the disk"
    case .data: "a piece of the disk"
    case .length: "the disk"
    }
  }
}

extension ContainerNeed {
  fileprivate var words: String {
    switch self {
    case .parentFile: "it holds only what differs from another disk, whose file is not looked at"
    case .dataFile: "it is only a part of a disk, whose other files are not looked at"
    case .key: "it is encrypted"
    case .journal: "changes of the disk are noted in it that were never carried out"
    case .method: "it is packed with a method that is not known here"
    case .feature: "it is of a version, or has a feature, that is not known here"
    case .repair: "it is marked as damaged"
    case .dataTrack: "it holds sectors that are none of a computer's data, such as music or film"
    case .wholeFile: "it comes in order, and must be read at any place"
    }
  }
}

/// The command that makes a disk's own bytes of a container that is not read here, by the container's short name.
public enum ContainerAdvice {
  /// What to do, as a part of a sentence.
  public static func advice(_ name: String) -> String {
    switch name {
    case "qcow", "qed", "parallels", "bochs":
      "convert it first, with `qemu-img convert -f \(name) -O raw FILE disk.img`"
    case "vmdk-descriptor":
      "convert it first, with `qemu-img convert -f vmdk -O raw FILE disk.img`, where the files are that it names"
    case "ffu": "convert it first, with a tool such as `ffu2img FILE disk.img`"
    case "android-sparse": "convert it first, with `simg2img FILE disk.img`"
    case "ewf": "convert it first, with `ewfexport -t disk -f raw FILE`"
    case "nrg": "convert it first, with `nrg2iso FILE disc.iso`"
    case "mds": "convert the file beside it first, with `iat FILE.mdf disc.iso`"
    case "ccd": "convert the file beside it first, with `ccd2iso FILE.img disc.iso`"
    case "cue": "write the file beside it that holds the disc, or get that file first if it is missing"
    case "chd": "convert it first, with `chdman extractraw -i FILE -o disk.img`"
    case "dmg-encrypted": "convert it first, with `hdiutil convert FILE -format UDTO -o disk` on a Mac"
    default: "convert it first, such as with `qemu-img convert -O raw FILE disk.img`"
    }
  }
}
