import BlockIO
import ImageSource
import SystemPackage
import Terminal
import Writer

extension Diagnostic {
  /// Words for a comparison that could not be made.
  init(_ error: VerifyError, _ names: RunNames, signal: Int32?) {
    switch error {
    case .image(let error): self.init(error, image: names.image)
    case .device(let error, let offset): self.init(reading: names.target, error, offset)
    case .noDirectIO(let path): self.init(notVerifiable: path)
    case .wrongKind(let path):
      self.init(
        .targetNotBlockDevice, .targetRefused, "\(path) is neither a disk nor a virtual stick",
        toFix: "`burin list --all` shows all disks")
    case .tooSmall(let length, let capacity):
      let image: SanitizedText =
        switch length {
        case .exact(let count): "the image has \(count) bytes"
        case .stated(let count): "by its own account the image has \(count) bytes"
        case .unknown: "the image has more bytes"
        }
      self.init(
        .mediumTooSmall, .different, "\(names.target) cannot hold the image",
        because: ["\(image), the medium \(capacity)"],
        toFix: "it is another image or another stick")
    case .map(let mismatch): self.init(mismatch, names)
    case .digestForbidden(let algorithm): self.init(WritePlanError.digestForbidden(algorithm), names)
    case .changed(let path):
      self.init(
        .targetChanged, .deviceFailed, "\(path) is no longer the medium that was looked up",
        because: ["it was unplugged, or another medium is in the drive"], toFix: "begin anew")
    case .cancelled:
      self.init(
        .interrupted, signal.map(ExitStatus.signal) ?? .internalError,
        "stopped before everything was compared", because: ["nothing is proven"])
    }
  }

  private init(reading target: String, _ error: SystemCallError, _ offset: UInt64?) {
    let trouble = DeviceTrouble(error.errno)
    switch trouble {
    case .permission, .readOnly:
      self.init(
        .targetPermission, .notPermitted, "\(target) may not be read", because: [SanitizedText(error)],
        toFix: "run it with sudo")
    case .unplugged where offset == nil && error.errno == .noSuchFileOrDirectory:
      self.init(targetNotFound: target)
    default: self.init(device: target, error, doing: offset == nil ? "opening it" : "reading", offset)
    }
  }

  private init(notVerifiable path: String) {
    self.init(
      .targetNoDirectAccess, .deviceFailed, "\(path) can only be read through a cache",
      because: ["its file system has no direct access (O_DIRECT), so nothing could be proven of it"],
      toFix: "put the file on a disk with ext4, XFS or btrfs")
  }

  /// Words for a medium that was compared and differs.
  ///
  /// A stick that was merely mounted since it was written is not to blame (R46). What it holds is told all the same.
  /// - Parameters:
  ///   - mounted: the file systems whose mounting explains every difference.
  ///   - mayHideLosses: whether one of them may have changed anything, so that a loss cannot be told from that.
  init(
    _ differences: Differences, places: [SanitizedText], mounted: [SanitizedText],
    mayHideLosses: Bool = false, _ names: RunNames
  ) {
    var because = [SanitizedText(differences)] + places
    because += differences.damage.texts(namingCauses: mounted.isEmpty)
    let toFix: SanitizedText
    if mounted.isEmpty {
      toFix = """
        if it was mounted since it was written, that alone changes it: write it anew; \
        if not, do not trust this stick
        """
    } else {
      let fileSystems = mounted.joined(separator: " and ")
      because.append("all of it lies where mounting leaves its traces: \(fileSystems)")
      toFix =
        mayHideLosses
        ? """
        a system has mounted it since it was written, and may have changed all of that; whether the stick has lost \
        some of it besides cannot be told: write it anew where every byte has to be the image's
        """
        : """
        a system has mounted it since it was written, and the stick is not to blame: write it anew \
        where every byte has to be the image's
        """
    }
    self.init(
      .mediumDiffers, .different, "\(names.target) differs from \(names.image)", because: because,
      toFix: toFix)
  }
}
