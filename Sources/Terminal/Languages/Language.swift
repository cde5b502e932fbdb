import Synchronization

/// The language in which texts are told while they are made.
///
/// It goes with the task: a test may speak another one than its neighbour, and a program that never names one speaks
/// English. A thread that is no task's is handed it with ``carrying(_:)``.
public struct Language: Sendable {
  /// The language that is spoken; nil for the program's own, English.
  @TaskLocal public static var current: Language?

  /// What is said in place of a pattern; nil where there is nothing.
  ///
  /// It is asked for the pattern, and for its plural and the number where a number chooses.
  typealias Lookup = @Sendable (_ pattern: String, _ plural: (pattern: String, number: UInt64)?) -> String?
  let pattern: Lookup
  private let known: Sentences
  /// The sentences of other rooms that it knows.
  var sentences: [Sentence] { known.all }

  /// Makes a language from what it says.
  init(sentences: [Sentence] = [], _ pattern: @escaping Lookup) {
    (self.pattern, known) = (pattern, Sentences { sentences })
  }

  /// Speaks what a catalogue holds.
  public init(_ catalogue: Catalogue) {
    known = Sentences { catalogue.texts(inContext: "sentence").compactMap { Sentence($0, $1) } }
    pattern = { pattern, plural in
      guard let forms = catalogue.texts(for: pattern) else { return nil }
      let index = plural.map { catalogue.plural.form(for: $0.number) } ?? 0
      guard let index, forms.indices.contains(index), !forms[index].isEmpty else { return nil }
      return forms[index]
    }
  }

  /// A body that speaks the language of whoever makes it, for a thread of its own.
  public static func carrying(_ body: @escaping @Sendable () -> Void) -> @Sendable () -> Void {
    let language = current
    return { $current.withValue(language, operation: body) }
  }
}

/// Sentences that are made when the first one is looked for: many a run ends without.
private final class Sentences: Sendable {
  private let made = Mutex<[Sentence]?>(nil)
  private let make: @Sendable () -> [Sentence]

  init(_ make: @escaping @Sendable () -> [Sentence]) { self.make = make }

  var all: [Sentence] {
    made.withLock { made in
      let sentences = made ?? make()
      made = sentences
      return sentences
    }
  }
}
