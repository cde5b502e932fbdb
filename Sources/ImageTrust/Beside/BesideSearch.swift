import BlockIO
public import SystemPackage

/// Looks for what speaks for an image in the directory in which it lies.
///
/// Where the image is named through symbolic links, each directory on the way counts, with the name that it has there:
/// `current.iso` lies beside the list that names the release.
public struct BesideSearch {
  private let judge: any SignatureJudge
  private let places: [(files: BesideFiles, names: [String])]
  private let names: ImageNames
  private var found = FoundTrust()

  /// The longest signature file that is read, in bytes.
  static let longestSignature = 1 << 20
  /// As many symbolic links as the kernel follows.
  private static let longestChain = 40

  /// Prepares a search.
  /// - Parameters:
  ///   - image: the path of the image, which is a regular file.
  ///   - isPacked: whether that file is compressed, so that what is in it has a name of its own.
  public init(image: FilePath, isPacked: Bool, judge: any SignatureJudge) {
    var places: [(BesideFiles, [String])] = []
    var called: [String] = []
    for path in Self.chain(image) {
      guard let name = path.lastComponent?.string else { continue }
      called.append(name)
      let directory = path.removingLastComponent()
      let files = BesideFiles(place: .directory(directory.isEmpty ? "." : directory))
      if !places.contains(where: { $0.0.place == files.place }) { places.append((files, files.names)) }
    }
    self.judge = judge
    self.places = places
    names = ImageNames(called, isPacked: isPacked)
  }

  /// Prepares a search among files that were fetched, because nobody can list what a server has.
  /// - Parameters:
  ///   - files: what came of ``BesideGuess``.
  ///   - names: what the image is called, without directories.
  ///   - isPacked: whether it is compressed, so that what is in it has a name of its own.
  public init(
    fetched files: [String: [UInt8]], names: [String], isPacked: Bool, judge: any SignatureJudge
  ) {
    let files = BesideFiles(place: .memory(files))
    self.judge = judge
    places = [(files, files.names)]
    self.names = ImageNames(names, isPacked: isPacked)
  }

  /// Reads and judges what there is.
  public mutating func run() -> FoundTrust {
    for (files, directory) in places {
      let signed = SignatureFiles(in: directory)
      let all = BesideName.checksumFiles(among: directory, of: names)
      let plain = all.filter { !$0.mustBeSigned }
      let signatures: Set<String> = Set(
        plain.flatMap { BesideName.signedNames(of: $0.name) }.flatMap(signed.names(of:)))
      // Most that are called signatures are detached ones, and none of them shall take the place of a list.
      let lists = plain + all.filter(\.mustBeSigned)
      for list in lists.prefix(BesideFiles.limit) { add(list, in: files, signed, signatures) }
      for list in lists.dropFirst(BesideFiles.limit) { note(.tooMany(limit: BesideFiles.limit), list.name) }
      addImageSignatures(in: files, signed)
    }
    return found
  }

  private static func chain(_ image: FilePath) -> [FilePath] {
    var paths = [image]
    while paths.count <= longestChain, let last = paths.last, let target = try? SmallFile.link(at: last) {
      paths.append(last.removingLastComponent().pushing(FilePath(target)).lexicallyNormalized())
    }
    return paths
  }

  private mutating func note(_ reason: BesideTrouble, _ name: String) {
    found.troubles.append(FoundTrust.Trouble(name: name, reason: reason))
  }

  /// For a file that is read as a list and as a signature, or as one over several lists.
  private mutating func noteOnce(_ reason: BesideTrouble, _ name: String) {
    guard !found.troubles.contains(FoundTrust.Trouble(name: name, reason: reason)) else { return }
    note(reason, name)
  }

  // MARK: - Lists of checksums

  /// - Parameter expected: the names that signatures over the lists that are there may have.
  private mutating func add(
    _ list: BesideName.ChecksumFile, in files: BesideFiles, _ signed: SignatureFiles, _ expected: Set<String>
  ) {
    let bytes: [UInt8]
    do throws(BesideFailure) { bytes = try files.bytes(of: list.name, limit: ChecksumFile.limit) } catch {
      return noteOnce(error.trouble, list.name)
    }
    if judge.format(of: bytes)?.holdsText == true { return addSigned(list, bytes) }
    // What has the ending of a signature and holds no text is one, and is read with what it signs.
    guard !list.mustBeSigned else {
      guard !expected.contains(list.name) else { return }
      return note(judge.format(of: bytes) == nil ? Self.strange(bytes) : .listMissing, list.name)
    }
    guard let listed = checksums(in: bytes, list) else {
      // What is not used may still have been changed.
      guard names.areMentioned(in: bytes) else { return }
      found.lostSignatures += signatures(over: bytes, called: list.name, in: files, signed)
      return
    }
    guard !listed.isEmpty else { return noteNothing(in: bytes, list) }
    noteRest(in: bytes, list, beside: listed)
    add(listed, of: list.name, signatures: signatures(over: bytes, called: list.name, in: files, signed))
  }

  private mutating func addSigned(_ list: BesideName.ChecksumFile, _ bytes: [UInt8]) {
    let signed = judge.open(bytes)
    let signature = JudgedSignature(name: list.name, verdict: signed.verdict)
    // Of what is not proven, the text still tells damage; where there is none, the file may have been about the image.
    // One that is called after it is, whatever name stands in it.
    guard !signed.text.isEmpty else {
      if list.whole != nil || names.areMentioned(in: bytes) {
        found.lostSignatures.append(signature)
      } else {
        found.silent.append(list.name)
      }
      return
    }
    guard let listed = checksums(in: signed.text, list) else {
      found.lostSignatures.append(signature)
      return
    }
    guard !listed.isEmpty else { return noteNothing(in: signed.text, list) }
    noteRest(in: signed.text, list, beside: listed)
    add(listed, of: list.name, signatures: [signature])
  }

  /// Tells of a list from which no checksum came: it does not name the image, or not with a checksum.
  private mutating func noteNothing(in text: [UInt8], _ list: BesideName.ChecksumFile) {
    if ChecksumFile.hasLine(for: names, in: text, whole: list.whole) {
      note(.unusable, list.name)
    } else if ChecksumFile.hasStrangeLine(for: names, in: text) {
      note(.notUnderstood, list.name)
    } else {
      found.silent.append(list.name)
    }
  }

  /// Tells of a list that has lines for the image of which nothing came, beside those of which something did.
  private mutating func noteRest(
    in text: [UInt8], _ list: BesideName.ChecksumFile, beside listed: [ListedChecksum]
  ) {
    let hasRest = ChecksumFile.hasUnusableLine(
      for: names, in: text, hint: list.hint, whole: list.whole, beside: listed)
    if hasRest { noteOnce(.partlyUnusable, list.name) }
  }

  private mutating func checksums(in text: [UInt8], _ list: BesideName.ChecksumFile) -> [ListedChecksum]? {
    do throws(ChecksumFileError) {
      return try ChecksumFile.checksums(of: names, in: text, hint: list.hint, whole: list.whole)
    } catch {
      switch error {
      case .notText: note(.senseless, list.name)
      case .conflict(let first, let second): note(.conflict(first, second), list.name)
      case .ambiguous: note(.ambiguous, list.name)
      }
      return nil
    }
  }

  private mutating func add(_ listed: [ListedChecksum], of name: String, signatures: [JudgedSignature]) {
    found.claims += listed.map {
      ChecksumClaim(
        $0.checksum, of: $0.subject, .file(name: name, otherName: $0.otherName), signatures: signatures)
    }
  }

  // MARK: - Signatures

  /// The detached signatures over a list.
  private mutating func signatures(
    over text: [UInt8], called name: String, in files: BesideFiles, _ signed: SignatureFiles
  ) -> [JudgedSignature] {
    // One with a text in it is a list of its own, which is read as such.
    signatureFiles(of: BesideName.signedNames(of: name), in: files, signed).filter { !$0.holdsText }.map {
      JudgedSignature(name: $0.name, verdict: judge.verdict(on: text, signature: $0.bytes))
    }
  }

  private mutating func addImageSignatures(in files: BesideFiles, _ signed: SignatureFiles) {
    for subject in ChecksumSubject.allCases {
      for (name, bytes, holdsText) in signatureFiles(of: names.names(of: subject), in: files, signed) {
        if holdsText {
          // A checksum with a signature around it, called after the image like `image.iso.sha256.asc`.
          addSigned(
            BesideName.ChecksumFile(name: name, hint: nil, whole: subject, mustBeSigned: true), bytes)
        } else {
          found.imageSignatures.append(FoundTrust.ImageSignature(name: name, subject: subject, bytes: bytes))
        }
      }
    }
  }

  /// The files that hold a signature, detached or around a text; an ending alone makes none.
  private mutating func signatureFiles(
    of stems: [String], in files: BesideFiles, _ signed: SignatureFiles
  ) -> [(name: String, bytes: [UInt8], holdsText: Bool)] {
    var result: [(name: String, bytes: [UInt8], holdsText: Bool)] = []
    for stem in stems {
      let names = signed.names(of: stem)
      for name in names.dropFirst(SignatureFiles.limit) {
        noteOnce(.tooMany(limit: SignatureFiles.limit), name)
      }
      for name in names.prefix(SignatureFiles.limit) {
        do throws(BesideFailure) {
          let bytes = try files.bytes(of: name, limit: Self.longestSignature)
          guard let format = judge.format(of: bytes) else {
            noteOnce(Self.strange(bytes), name)
            continue
          }
          result.append((name, bytes, format.holdsText))
        } catch { noteOnce(error.trouble, name) }
      }
    }
    return result
  }

  /// Why a file that is called a signature and is none says nothing.
  private static func strange(_ bytes: [UInt8]) -> BesideTrouble {
    SignatureFormat.isMessage(bytes) ? .message : .senseless
  }
}
