import DeviceProbe
import DeviceSafety
import DiskFormats
import Terminal

extension DeviceEntry {
  /// How many places are told one by one before the question.
  private static let shownLosses = 4

  /// What a write destroys, the weightiest first, in words that need no knowledge of file systems.
  var lossTexts: [SanitizedText] {
    guard let contents = device.contents else { return ["something that could not be looked at"] }
    let places = contents.places.filter { $0.evidence.state != .blank }
    let sorted = places.enumerated().sorted { left, right in
      let weights = (left.element.evidence.weight, right.element.evidence.weight)
      return weights.0 == weights.1 ? left.offset < right.offset : weights.0 > weights.1
    }.map(\.element)
    guard !sorted.isEmpty else {
      return contents.places.isEmpty ? [] : ["nothing: zeroes wherever it was looked"]
    }
    let shown = sorted.prefix(Self.shownLosses).map { partition, evidence in
      let label = partition.map { $0.label ?? $0.name } ?? contents.label
      return evidence.lossText(at: partition?.number, label: label)
    }
    let rest = sorted.count - shown.count
    return shown + (rest > 0 ? ["and what is on \(rest) more partitions"] : [])
  }
}

extension ContentEvidence {
  /// What a loss weighs: what cannot be made again, then systems, then by how much there is.
  fileprivate var weight: Int {
    let grades: [Bool] = [
      marks.contains(where: \.isBackup), marks.contains(.photos), marks.contains(where: \.isEncryption),
      marks.contains(.arrayMember), marks.contains(where: \.isSystem),
      state == .ambivalent || state == .unreadable,
      !marks.contains(.installer) && !marks.contains(.appliance) && state == .data,
    ]
    let grade = grades.firstIndex(of: true).map { grades.count - $0 } ?? 0
    // Within a grade the fuller one first; an exbibyte is 2^60.
    return grade << 40 + Int(min((usedBytes ?? 0) >> 20, 1 << 40 - 1))
  }

  /// One loss as a line.
  fileprivate func lossText(at number: Int?, label: String?) -> SanitizedText {
    var text = what
    if let label, !label.isEmpty { text = text + " in \"\(label)\"" }
    if let number { text = text + " on partition \(SanitizedText("\(number)"))" }
    if let usedBytes { text = text + ", \(SanitizedText(size: usedBytes)) in use" }
    if let date = newestText { text = text + ", last written \(date)" }
    return text
  }

  /// What it is.
  private var what: SanitizedText {
    switch state {
    case .ambivalent: return "something with signatures that contradict each other"
    case .unreadable: return "something that cannot be read"
    case .blank: return "nothing"
    case .unknown where marks.isEmpty: return "data of an unknown kind"
    case .data, .unknown:
      let nouns = marks.map { mark -> SanitizedText in
        let noun = SanitizedText(foreign: mark.noun)
        return mark.isBackup ? "backups (\(noun))" : mark.isSystem ? "an installed \(noun)" : noun
      }
      return nouns.isEmpty ? "data" : nouns.joined(separator: ", ")
    }
  }

  /// The day of the newest file that was seen.
  var newestText: SanitizedText? {
    // Clocks of cameras and firmware start in 1970 or 1980: such a day says nothing.
    guard let newest, newest > 347_155_200 else { return nil }
    let time = CivilTime(secondsSince1970: newest)
    guard time.year <= 9999 else { return nil }
    let month = time.month < 10 ? "0\(time.month)" : "\(time.month)"
    let day = time.day < 10 ? "0\(time.day)" : "\(time.day)"
    return SanitizedText("\(time.year)-\(month)-\(day)")
  }
}
