import BlockIO
import Decompression
import DesktopBus
import DeviceProbe
import DiskContainers
import Documents
import Glibc
import ImageTrust
import Sandbox
import SystemPackage
import TestSupport
import Testing
import Unpacking

@testable import BlockMap
@testable import Commands
@testable import DeviceSafety
@testable import ImageInspector
@testable import ImageSource
@testable import Reader
@testable import Terminal
@testable import UndoStore
@testable import Writer

/// Every error that a module can throw, with the words that it becomes.
enum AllDiagnostics {
  static let names = RunNames(image: "a.iso", target: "/dev/sdb")

  static let supplied: [Diagnostic] =
    [
      ImageSourceError.endsEarly(path: "standard input", expected: 4096, found: 4095),
      .goesOn(path: "standard input", expected: 4096), .onlyOnce(path: "standard input"), .abandoned,
    ].map { Diagnostic($0, image: "standard input") }
    + [
      FetchFailure.noLibrary, .unconfined(EPERM), .certificates, .transfer("Bad function argument"),
      .unresolved("Could not resolve host: example.org"), .unreachable("Connection refused"),
      .unproven("self-signed certificate"), .status(404), .status(401), .status(503), .redirects,
      .insecureRedirect, .changed(offset: 5), .cannotResume(offset: 6),
      .lost(offset: 7, "no byte came for 30 seconds"), .wrongPart(offset: 8), .tooLong(announced: 9),
      .encoded, .tooLarge(limit: 4_194_304),
      .process(.killed(signal: 9)), .senseless,
    ].map { Diagnostic(.fetching($0, path: "https://example.org/a.iso"), image: "a.iso") }
    + [ImageLocation.Fault.malformed, .scheme("ftp"), .notText].map { Diagnostic($0) }
    + [.sizeOfFile("a.iso"), .planNeedsFile(image: "standard input")]

  static let packed: [Diagnostic] =
    ([
      .decoding(.corrupt(offset: 7)), .decoding(.checksumWrong(offset: 8)), .decoding(.truncated(offset: 9)),
      .decoding(.trailingGarbage(offset: 10)), .decoding(.memoryLimit(needed: 1 << 32, allowed: 1 << 27)),
      .decoding(.memoryLimit(needed: nil, allowed: 1 << 27)),
      .decoding(.windowTooLarge(needed: 1 << 31, allowed: 1 << 27)),
      .decoding(.empty), .decoding(.outOfMemory), .unreadable(failure(EIO, "pread"), offset: 4096),
      .unrecognised,
      .unconfined(failure(EPERM, "capset")), .decoder(.system(failure(EMFILE, "pipe2")), offset: 0),
      .decoder(.killed(signal: 9), offset: 5), .decoder(.failed(status: 1), offset: 6),
      .decoder(.timedOut, offset: 7), .senseless(offset: 8), .cancelled,
      .inside(.corrupt(offset: 12), layer: 1), .archive(.noImage(MemberListing())),
      .archive(.severalImages(members(3))), .archive(.severalImages(members(1, "it's"))),
      .archive(.noSuchMember(members(1, "a b"))), .archive(.noSuchMember(MemberListing())),
      .archive(.severalImages(members(1, "a b"))), .archive(.encrypted), .archive(.notSeekable(.sevenZip)),
      .archive(.noArchive), .container(.damaged(.table, offset: 12), .qcow2),
      .container(.needs(.parentFile), .vhdx), .container(.needs(.wholeFile), .vmdk),
    ] + UnsupportedFeature.allCases.map { .decoding(.unsupported($0, offset: 11)) })
    .map { (error: PackedImageError) in
      Diagnostic(ImageSourceError.packed(error, path: "a.iso.xz"), image: "a.iso.xz")
    }

  private static func members(_ count: Int, _ name: String = "a.img") -> MemberListing {
    MemberListing(
      (0..<count).map { .init(name: name, byteCount: UInt64(70_000 + $0)) }, count: UInt64(count) + 1)
  }

  static let suitability: [Diagnostic] = [
    report(bytes: 1) { _ in },
    report { $0.truncatedBy = 4096 },
    report { $0.verdict = .refuse },
    report {
      $0.verdict = .refuse
      $0.findings = [.init("not-an-image", .error, "This is what an inspection has found.", offset: 0)]
    },
    report {
      $0.verdict = .decompress; $0.compression = "xz"
    },
    report {
      $0.verdict = .convert; $0.compression = "qcow2"
    },
    report {
      $0.verdict = .refuse; $0.compression = "gzip"
      $0.unpacked = .init(kind: .unknown, byteCount: 100, seenByteCount: 100)
    },
    notUnpacked("packed-damaged"), notUnpacked("packed-truncated"), notUnpacked("packed-trailing"),
    notUnpacked("packed-too-demanding"), notUnpacked("packed-unsupported"), notUnpacked("empty"),
    notUnpacked("archive-empty"), notUnpacked("archive-ambiguous"), notUnpacked("member-not-found"),
    notUnpacked("archive-encrypted"), notUnpacked("archive-nested"), notUnpacked("container-damaged"),
    notUnpacked("container-unsupported"), notUnpacked("shrunk"),
    report {
      $0.verdict = .convert; $0.compression = "gzip"; $0.content = "qcow2"; $0.kind = .compressed
      $0.unpacked = .init(kind: .container, byteCount: 10_240, seenByteCount: 10_240)
    },
    report {
      $0.verdict = .notBootable; $0.compression = "gzip"; $0.content = "tar"
      $0.unpacked = .init(kind: .compressed, byteCount: 10_240, seenByteCount: 10_240)
    },
    report {
      $0.verdict = .notBootable; $0.compression = "gzip"
      $0.unpacked = .init(kind: .disk, byteCount: 10_240, seenByteCount: 10_240)
    },
    report { $0.verdict = .fileCopy },
    report { $0.verdict = .notBootable },
  ].compactMap(\.self)

  /// What is said of a file from which nothing can be unpacked, by what an inspection has found.
  private static func notUnpacked(_ id: String) -> Diagnostic? {
    report {
      $0.verdict = .refuse; $0.compression = "zstd"
      $0.unpacked = .init(kind: .unknown, byteCount: nil, seenByteCount: 0)
      $0.findings = [.init(id, .error, "This is what an inspection has found.", offset: 7)]
    }
  }

  static let gate: [Diagnostic] = [
    .notFound(path: "/dev/sdx"), .danglingLink(path: "/dev/disk/by-id/x"), .regularFile(path: "stick.img"),
    .directory(path: "/mnt"), .notBlockDevice(path: "/dev/null", kind: .characterDevice),
    .notRegularFile(path: "x", kind: .fifo), .partition(path: "/dev/sdb1", of: "/dev/sdb"),
    .unlistedDevice(path: "/tmp/node", number: DeviceNumber(major: 8, minor: 99)), .unknownID("usb-00000000"),
    .ambiguousID("usb-00000000", paths: ["/dev/sdb", "/dev/sdc"]), .noMedium(path: "/dev/sdd"),
    .readOnly(path: "/dev/sde"), .permission(failure(EACCES, "open")), .noDirectAccess(path: "stick.img"),
    .broker(.unavailable("there is no system bus (errno 2)")), .broker(.notAuthorized("Not authorized")),
    .broker(.failed("Error opening /dev/sdb: Device or resource busy")), .broker(.notAsAsked),
    .raggedSize(path: "stick.img", byteCount: 1000, blockSize: 512), .changed(.device),
    .changed(.medium(expected: 1, found: 2)), .changed(.size(expected: 1, found: 2)), .changed(.blockSize),
    .changed(.readOnly), .idMismatch(expected: "a", found: "b"),
    .notConfirmed(.id(expected: "a", found: nil)), .notConfirmed(.id(expected: "a", found: "b")),
    .notConfirmed(.serial(expected: "1", found: nil)), .tooSmall(needed: 2, capacity: 1),
    .system(failure(EMFILE, "open")), .system(failure(EINVAL, "open")), .system(failure(ENODEV, "open")),
  ].map { (error: GateError) in Diagnostic(error, target: "/dev/sdb") }

  static let objections: [Diagnostic] = Objection.ID.allCases.map { id in
    let severity: SafetyClass =
      id == .internalDisk ? .c : Objection(id, .a, rule: "", text: "").liftingOption == nil ? .x : .b
    let objection = Objection(id, severity, rule: "R0", text: "sdb is so", chain: ["sdb"])
    return Diagnostic(.refused(Assessment(objections: [objection])), target: "/dev/sdb")
  }

  static let release: [Diagnostic] =
    [
      MountRelease.Obstacle.otherUse(
        Objection(.swap, .x, rule: "R14", text: "sdb2 is swap", chain: ["sdb2"])),
      .otherUser(mountPoint: "/media/bert/S", user: "bert"), .bindMount(mountPoint: "/work"),
      .covered(mountPoint: "/mnt"),
    ].map { Diagnostic($0, target: "/dev/sdb") }
    + [
      UnmountError.kernel(failure(EBUSY, "umount2")), .kernel(failure(EPERM, "umount2")),
      .kernel(failure(EIO, "umount2")), .service(.busy("target is busy")),
      .service(.unavailable("there is no system bus (errno 2)")), .service(.notAuthorized("Not authorized")),
      .service(.failed("not mounted")), .service(.cancelled),
    ].map { Diagnostic(unmounting: "/mnt", $0, signal: SIGINT) }

  static let write: [Diagnostic] = [
    Diagnostic(WritePlanError.tooLarge(image: .exact(2), capacity: 1), names),
    Diagnostic(WritePlanError.tooLarge(image: .stated(2), capacity: 1), names),
    Diagnostic(WritePlanError.empty, names), failed(.tooLarge(capacity: 1), .erased),
    Diagnostic(WritePlanError.unsupportedBlockSize(logical: 520, physical: 520), names),
    Diagnostic(WritePlanError.noCapacity, names), Diagnostic(WritePlanError.digestForbidden(.md5), names),
    failed(.image(.changed(path: "a.iso")), .erased),
    failed(.device(failure(EIO, "pwrite"), during: .write, offset: 1 << 20), .erased),
    failed(.device(failure(ENODEV, "pwrite"), during: .write, offset: 4 << 20), .unknown),
    failed(.device(failure(ENOSPC, "pwrite"), during: .write, offset: 4 << 20), .erased),
    failed(.device(failure(EPERM, "pwrite"), during: .erase, offset: 0), .untouched),
    failed(.device(failure(ENOMEDIUM, "pread"), during: .readBack, offset: 0), .unknown),
    failed(.device(failure(EIO, "fsync"), during: .flush, offset: nil), .erased),
    failed(.device(failure(EINVAL, "pwrite"), during: .commit, offset: 0), .erased),
    failed(.mismatch(Differences()), .erased), failed(.trust(wrong(.option, packed: false)), .erased),
    failed(.trust(wrong(.option, packed: true)), .erased),
    failed(.trust(wrong(.file(name: "SHA256SUMS", otherName: "b.iso"), packed: false)), .erased),
    failed(.trust(TrustReport(none, image: found(signature: .mismatch(keyID: "A1")), file: nil)), .erased),
    failed(.trust(TrustReport(none, image: found(signature: nil), file: nil)), .erased),
    failed(.overrun(Differences(), shortfall(.wrapsAt(8 << 30))), .erased),
    failed(.fakeCapacity(shortfall(.wrapsAt(8 << 30), lost: 0)), .erased),
    failed(.fakeCapacity(shortfall(.between(4 << 30, 8 << 30), unreadable: 2)), .erased),
    failed(.fakeCapacity(shortfall(.between(0, 8 << 30))), .erased),
    Diagnostic(tolerated: shortfall(.wrapsAt(8 << 30)), names),
    failed(.device(failure(EIO, "pwrite"), during: .probe, offset: 1 << 30), .erased),
    failed(.identity(.changed(.medium(expected: 1, found: 2))), .unknown),
    failed(.identity(.changed(.readOnly)), .erased),
    failed(.identity(.system(failure(ENXIO, "ioctl BLKGETSIZE64"))), .unknown),
    failed(.identity(.inUse(late)), .untouched), failed(.identity(.inUse(late)), .erased),
    failed(.cancelled, .untouched), failed(.cancelled, .erased, signal: SIGINT),
    failed(.cancelled, .untouched, signal: SIGTERM), failed(.journal(failure(EIO, "fsync")), .erased),
    failed(.stalled(.seconds(30)), .unknown), .notBegun("/dev/sdc"), .targetTwice("/dev/sdb", "/dev/sdb"),
    .targetTwice("usb-k7f2m9qd", "/dev/disk/by-id/usb-Stick"), .confirmationStray("usb-00000000"),
    Diagnostic(
      WriteFailure(error: .cancelled, medium: .erased), names, signal: SIGINT,
      undo: "`burin undo /dev/sdb` brings everything back"),
  ]

  static let trust: [Diagnostic] = [
    wrongSignature(.bad(.mismatch(keyID: "A1"))), wrongSignature(.bad(.commentMismatch(keyID: "A1"))),
    wrongSignature(.bad(.malformed)), wrongSignature(.bad(.severalTexts)),
    wrongSignature(.bad(.otherPurpose("git"))), wrongSignature(.revokedKey(identity)),
    missingSignature([.unknownKey(keyID: "A1"), .expiredKey(identity), .expiredSignature(identity)]),
    missingSignature([
      .toolMissing("gpgv"), .unsupported(.method("MD5")), .unsupported(.tooLarge(limit: 1 << 26)),
      .unsupported(.signatureTooLong(limit: 65_536)), .unsupported(.noAnswer(tool: "gpgv")),
      .unsupported(.notStarted(tool: "sqv")),
    ]),
    .checksumsConflict("a.iso", "SHA256SUMS says sha256:00", "SHA256SUMS says sha256:01"),
    Diagnostic(keyring: "k.gpg", .noKeys), Diagnostic(keyring: "k.gpg", .keybox),
    Diagnostic(keyring: "k.gpg", .secretKey),
    Diagnostic(keyring: "k.gpg", .unreadable(failure(ENOENT, "open"))),
  ]

  private static func wrongSignature(_ verdict: SignatureVerdict) -> Diagnostic {
    .signatureWrong("a.iso", JudgedSignature(name: "SHA256SUMS.gpg", verdict: verdict))
  }

  private static func missingSignature(_ verdicts: [SignatureVerdict]) -> Diagnostic {
    .signatureMissing("a.iso", ["k.gpg"], evidence: verdicts.map(\.text))
  }

  private static let identity = SignatureIdentity(
    keyText: "Anna <anna@example.org>", fingerprint: "00FF", keyringPath: "/usr/share/keyrings/anna.gpg")
  private static let none = ClaimSelection(of: [], taken: [])

  /// What a pass finds of an image whose signature is bad, or whose own checksum is wrong.
  private static func found(signature: BadSignature?) -> PassFindings {
    var findings = PassFindings()
    if let signature {
      findings.signatures = [JudgedSignature(name: "a.iso.sig", verdict: .bad(signature))]
      return findings
    }
    let pass = BytePass(PassRequest(comparesImplanted: true))
    implanted.withRawSpan { pass.update($0) }
    return pass.finish()
  }

  /// An ISO 9660 image of one block with a checksum that is not its own.
  private static let implanted: [UInt8] = {
    var image = [UInt8](repeating: 0, count: 18 * 2048)
    image.replaceSubrange(32_768..<32_775, with: [1] + Array("CD001".utf8) + [1])
    (image[32_848], image[32_855]) = (18, 18)
    let text = Array("ISO MD5SUM = 00000000000000000000000000000000;SKIPSECTORS = 0;".utf8)
    image.replaceSubrange(33_651..<(33_651 + text.count), with: text)
    return image
  }()

  private static func wrong(_ origin: ChecksumClaim.Origin, packed: Bool) -> TrustReport {
    guard let expected = try? ExpectedChecksum(.md5, [UInt8](repeating: 1, count: 16)) else { fatalError() }
    let signatures = [JudgedSignature(name: "SHA256SUMS.gpg", verdict: .good(identity))]
    let claim = ChecksumClaim(expected, of: nil, origin, signatures: origin == .option ? [] : signatures)
    var (image, file) = (PassFindings(), PassFindings())
    image.digests[.md5] = [UInt8](repeating: 2, count: 16)
    file.digests[.md5] = [UInt8](repeating: 3, count: 16)
    return TrustReport(ClaimSelection(of: [claim], taken: []), image: image, file: packed ? file : nil)
  }

  static let verify: [Diagnostic] = [
    Diagnostic(.image(.shrank(expected: 2, found: 1)), names, signal: nil),
    Diagnostic(.device(failure(EIO, "pread"), offset: 512), names, signal: nil),
    Diagnostic(.device(failure(EACCES, "open"), offset: nil), names, signal: nil),
    Diagnostic(.device(failure(ENOENT, "open"), offset: nil), names, signal: nil),
    Diagnostic(.noDirectIO(path: "stick.img"), names, signal: nil),
    Diagnostic(.wrongKind(path: "/dev/null"), names, signal: nil),
    Diagnostic(.tooSmall(image: .exact(2), capacity: 1), names, signal: nil),
    Diagnostic(.tooSmall(image: .stated(2), capacity: 1), names, signal: nil),
    Diagnostic(.tooSmall(image: .unknown, capacity: 1), names, signal: nil),
    Diagnostic(.changed(path: "/dev/sdb"), names, signal: nil),
    Diagnostic(VerifyError.cancelled, names, signal: SIGINT),
    Diagnostic(Differences(), places: ["that is in partition 1, bytes 0 to 511"], mounted: [], names),
    Diagnostic(Differences(), places: [], mounted: ["the FAT16 file system of partition 2"], names),
    Diagnostic(
      Differences(), places: [], mounted: ["the ext file system of partition 3"], mayHideLosses: true, names),
  ]

  static let undo: [Diagnostic] = [
    Diagnostic(saving: .save(failure(ENOSPC, "pwrite"), path: "/var/lib/burin"), target: "b", signal: nil),
    Diagnostic(saving: .disk(failure(ENODEV, "pread"), offset: 512), target: "/dev/sdb", signal: nil),
    Diagnostic(saving: .unreadable(ByteRanges([512..<1024])), target: "/dev/sdb", signal: nil),
    Diagnostic(saving: .notPrivate(path: "/tmp"), target: "/dev/sdb", signal: nil),
    Diagnostic(saving: .cancelled, target: "/dev/sdb", signal: SIGINT),
    Diagnostic(stateDirectory: .directory(failure(EROFS, "mkdir"), path: "/var/lib/burin")),
    Diagnostic(stateDirectory: .link(path: "/var/lib/burin")),
    Diagnostic(opening: .directory(failure(EROFS, "openat"), path: "/var/lib/burin")),
    Diagnostic(opening: .link(path: "/var/lib/burin")),
    Diagnostic(saving: .link(path: "/var/lib/burin"), target: "/dev/sdb", signal: nil),
    Diagnostic(
      saving: .save(failure(ENOSPC, "pwrite"), path: "/var/lib/burin"), target: "b", signal: nil,
      isPlanned: true),
    Diagnostic(
      saving: .unreadable(ByteRanges([512..<1024])), target: "/dev/sdb", signal: nil, isPlanned: true),
    Diagnostic(
      saving: .save(failure(EROFS, "openat"), path: "/var/lib/burin"), target: "b", signal: nil,
      isResumed: true),
    Diagnostic(
      saving: .unreadable(ByteRanges([512..<1024])), target: "/dev/sdb", signal: nil, isResumed: true),
    .undoDamaged("undo-00000000", .wrongDigest, target: "/dev/sdb"),
    .noStateDirectory(), .noStateDirectory(isPlanned: true), .relativeStateDirectory("state"),
    .noUndoRecord("/dev/sdb", others: 2, restored: nil),
    .noUndoRecord("/dev/sdb", others: 0, restored: "undo-00000000"),
    .wrongUndoRecord("undo-00000000", target: "/dev/sdb", isThere: true),
    .wrongUndoRecord("undo-00000000", target: "/dev/sdb", isThere: false),
    .ambiguousUndo("/dev/sdb", other: "/dev/sdc"), Diagnostic(journal: failure(EIO, "fsync")),
    restoring(.file(failure(EIO, "pread"), id: "undo-00000000"), true),
    restoring(.damaged(.wrongDigest, id: "undo-00000000"), true),
    restoring(.disk(failure(EIO, "pwrite"), isReading: false, offset: 4096), false),
    restoring(.mismatch(4096..<8192), false),
    restoring(.identity(.changed(.medium(expected: 1, found: 2))), false),
    restoring(.cancelled, true), restoring(.cancelled, false),
  ]

  private static func restoring(_ error: RestoreError, _ isUntouched: Bool) -> Diagnostic {
    Diagnostic(
      RestoreFailure(error: error, isUntouched: isUntouched), target: "/dev/sdb", signal: SIGTERM)
  }

  static let run: [Diagnostic] = [
    .usage("Unknown option '--foo'", help: "burin write"), .outputFailed(.noSpace),
    .addressSpaceTooSmall(200 << 20, needed: AddressSpace.usual),
    .descriptorsTooFew(8, needed: DescriptorSupply.needed(for: 1)), .threadsTooFew(needed: 18),
    .argumentIsNoText("\u{FFFD}", number: 2), .cannotAsk(id: "usb-00000000"),
    .declined(), .promptFailed(.ioError), .internalError("the target was handed over twice"),
    .cancelled(by: nil),
    .targetIsImage("file:a.iso"), .disturbed(.removed, target: "/dev/sdb"),
    .disturbed(.mediumChanged, target: "/dev/sdb"),
  ]

  static let protect: [Diagnostic] = [
    .brokenList([ProtectionFault(file: "/etc/burin/protect", line: 3, .kind("seriel"))]),
    .notListed("serial=1", "/etc/burin/protect", elsewhere: []),
    .notListed(
      "serial=1", "/etc/burin/protect", elsewhere: [Protection(.serial, "1", file: "lab.conf", line: 1)]),
    .nothingKnown(of: "/dev/sdb"), .noPlaceForList(),
    .notSaved("/etc/burin/protect", failure(EACCES, "open")),
    .notSaved("/etc/burin/protect", failure(ENOSPC, "write")),
  ]

  static let plan: [Diagnostic] = [
    .planTargetDiffers("p.json", ["target.diskseq is 21 in the plan, and 22 now"]),
    .planImageDiffers("p.json", (1...8).map { "difference \($0)" }),
    .planInvalid("p.json", SanitizedText(JSONError(offset: 7, reason: .repeatedKey))),
    .planUnreadable("p.json", failure(ENOENT, "open")), .planUnreadable("p.json", failure(EACCES, "open")),
    .planUnreadable("p.json", failure(ELOOP, "open")), .planUnreadable("p.json", failure(EINVAL, "read")),
    .planUnreadable("p.json", failure(EFBIG, "read")), .planUnreadable("p.json", failure(EIO, "pread")),
    .planNotSaved("p.json", failure(EACCES, "open")), .planNotSaved("p.json", failure(ELOOP, "open")),
    .planNeedsContents("/dev/sdb"),
  ]

  private static let backupOrder = BackupOrder(
    device: "/dev/sdb", file: "b.img", form: .raw, endsWithPartitions: false, replaces: false,
    acceptsUse: false, toleratesUnreadable: false, isQuiet: false, isJSON: false)
  private static let badPlaces: [Range<UInt64>] = [
    0..<512, 4096..<4608, 8192..<8704, 12288..<12800, 16384..<16896, 20480..<20992,
  ]

  private static func reading(_ error: BackupError) -> Diagnostic {
    Diagnostic(error, backupOrder, signal: SIGINT)
  }

  static let backupReading: [Diagnostic] = [
    reading(.device(failure(EACCES, "open"), offset: nil)),
    reading(.device(failure(ENODEV, "pread"), offset: 4096)), reading(.busy), reading(.replaced),
    reading(.tooShort(expected: 8192, found: 4096)), reading(.unreadable([512..<1024], reached: 4_194_304)),
    reading(.unreadable(badPlaces, reached: 4_194_304)), reading(.output(failure(ENOSPC, "pwrite"))),
    reading(.cancelled), Diagnostic(BackupError.cancelled, backupOrder, signal: nil),
  ]

  private static let holed = BackupReport(
    byteCount: 8192, sha256: [], unreadable: badPlaces, hasGivenUp: true)

  static let backupKeeping: [Diagnostic] = [
    .backupIncomplete(backupOrder, holed, map: "b.img.bad.json"),
    .sourceInUse("/dev/sdb", ["sdb1 is mounted at /mnt"], option: "--in-use"),
    .sourceInUse("/dev/sdb", ["sdb1 is mounted at /mnt"], option: nil),
    .sourceChanged("/dev/sdb", byteCount: 4096), .sourceChanged("file:stick", byteCount: nil),
    .backupOntoItself("/dev/sdb", ["sdb1 holds the file to be written b.img"]), .backupExists("b.img"),
    .backupNotAFile("/dev/sdc", "it is a block device"), .backupNotSaved("b.img", failure(EFBIG, "pwrite")),
    .backupNotSaved("b.img", failure(EACCES, "open")), .backupNotSaved("b.img", failure(ENOENT, "open")),
    .backupNotSaved("b.img", failure(EIO, "fsync")),
    .backupNotSaved("b.img.sha256", failure(ENOSPC, "write"), leaving: "b.img, whole"),
    .backupDiffers("b.img", []),
    .backupNoTable("/dev/sdb"), .backupPackedTwice("/dev/sdb", "tar"),
  ]

  static let unreadableMaps: [Diagnostic] = [ENOENT, EACCES, EINVAL, EFBIG, EIO].map { (errno: CInt) in
    Diagnostic.mapUnreadable("a.bmap", failure(errno, "read"))
  }

  static let invalidMaps: [Diagnostic] =
    ([
      .syntax, .tooDeep, .documentType, .entity, .construct, .noMap, .version, .missing(.imageSize),
      .repeated(.blockMap), .value(.blockSize), .range, .order, .bounds, .rangeChecksum, .blockCount,
      .mappedBlockCount, .ownChecksum, .tooLarge, .tooManyRanges,
    ] as [BlockMapError.Reason]).map { reason in
      Diagnostic.mapInvalid("a.bmap", BlockMapError(reason, at: 7))
    }

  static let maps: [Diagnostic] = [
    Diagnostic(MapMismatch.length(stated: 4096, found: 512), names),
    Diagnostic(MapMismatch.length(stated: 4096, found: nil), names),
    failed(.map(.range(0..<4096, .sha256, expected: [1, 2], found: [3, 4])), .erased),
    Diagnostic(WritePlanError.map(.length(stated: 4096, found: 512)), names),
    Diagnostic(VerifyError.map(.length(stated: 4096, found: 512)), names, signal: nil),
    Diagnostic(VerifyError.digestForbidden(.sha1), names, signal: nil), .imageNotSparse("a.iso"),
    .mapOfNothing("a.bmap"),
    .mapNotSaved("a.bmap", failure(EEXIST, "rename")), .mapNotSaved("a.bmap", failure(EACCES, "open")),
  ]

  static var all: [Diagnostic] {
    [
      backupReading, backupKeeping, image, supplied, packed, suitability, gate, objections, release, write,
      restored, resumed, trust, verify, undo, run, protect, plan, unreadableMaps, invalidMaps,
      maps, tests, receipts, replugged,
    ].flatMap(\.self)
  }

  static func failure(_ errno: CInt, _ call: String) -> SystemCallError {
    SystemCallError(call: call, errno: Errno(rawValue: errno))
  }

  private static func shortfall(
    _ estimate: CapacityShortfall.Estimate, lost: Int = 7, unreadable: Int = 0
  ) -> CapacityShortfall {
    CapacityShortfall(
      claimedByteCount: 64_000_000_000, estimate: estimate, probedPlaceCount: 23, lostPlaceCount: lost,
      unreadablePlaceCount: unreadable)
  }

  private static func failed(
    _ error: WriteError, _ medium: WriteFailure.MediumState, signal: Int32? = nil
  ) -> Diagnostic {
    Diagnostic(WriteFailure(error: error, medium: medium), names, signal: signal)
  }

  /// Somebody who came after the question.
  private static let late = Assessment(objections: [
    Objection(.busy, .x, rule: "R17", text: "process 7 (dd) has sdb open for writing", chain: ["sdb"])
  ])

  private static func report(bytes: UInt64 = 4096, _ change: (inout ImageReport) -> Void) -> Diagnostic? {
    var report = ImageReport(byteCount: bytes)
    report.verdict = .raw
    change(&report)
    return Unsuitability(report, path: "a.iso")?.diagnostic
  }
}

@Suite("Diagnostics")
struct DiagnosticTests {
  @Test("every error has its words, in text")
  func text() throws {
    let text = AllDiagnostics.all.map { diagnostic in
      "exit \(diagnostic.exit.rawValue)\n"
        + diagnostic.lines(for: Capabilities()).map { $0.string + "\n" }.joined()
    }.joined(separator: "\n")
    #expect(try Golden.difference(of: text, from: "diagnostics.text") == nil)
  }

  @Test("every id can come out, and none is only in the list")
  func identifiers() {
    let used = Set(AllDiagnostics.all.map(\.id))
    #expect(Set(DiagnosticID.allCases).subtracting(used).map(\.rawValue) == [])
  }

  @Test("every one says what to do, but where somebody has ended it", arguments: AllDiagnostics.all)
  func remedy(diagnostic: Diagnostic) {
    #expect([.cancelled, .interrupted].contains(diagnostic.id) || diagnostic.toFix?.isEmpty == false)
  }

  @Test("every one is JSON", arguments: AllDiagnostics.all)
  func json(diagnostic: Diagnostic) {
    #expect(diagnostic.json["id"] == .string(diagnostic.id.rawValue))
    #expect(diagnostic.errorObject["exitCode"] == JSONValue(diagnostic.exit.rawValue))
  }

  @Test("an error that comes before the write never claims otherwise")
  func nothingWritten() {
    for diagnostic in AllDiagnostics.gate + AllDiagnostics.suitability + AllDiagnostics.image {
      let text = diagnostic.lines(for: Capabilities()).map(\.string).joined()
      #expect(!text.contains("old content"))
    }
  }

  @Test("after a cancelled write it is said what is left of the stick")
  func interrupted() {
    let failure = WriteFailure(error: .cancelled, medium: .erased)
    let diagnostic = Diagnostic(failure, AllDiagnostics.names, signal: SIGTERM)
    #expect(diagnostic.exit.rawValue == 128 + SIGTERM)
    let text = diagnostic.lines(for: Capabilities()).map(\.string).joined(separator: "\n")
    #expect(
      text.contains("incomplete") && text.contains("not bootable") && text.contains("old content is gone"))
  }

  @Test("a narrow terminal breaks the lines under their labels")
  func narrow() {
    let capabilities = Capabilities(isTerminal: true, width: 40)
    let lines = AllDiagnostics.gate[3].lines(for: capabilities).map(\.string)
    #expect(lines.dropFirst().allSatisfy { $0.count <= 40 })
    #expect(lines.contains { $0.hasPrefix("           ") })
  }
}
