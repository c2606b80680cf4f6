/// What is said of what cannot be read.
extension YAMLReader {
  enum Sentences {
    static let indentation = """
      This line was not read: its indentation fits no line above it. Let it begin in the column of \
      the names that it stands beside, or further right under the one it belongs to.
      """
    static let depth = """
      What begins here was not read: it is nested deeper than \(PolicyLimits.depthMax) levels, \
      which no policy needs. Write it flatter.
      """
    static let value = "This value was not read: a word or brackets were to stand here. Add one."
    static let name = """
      This line was not read: a name and a colon were to stand here, as in `points: counter`. \
      Write them.
      """
    static let mergeKey = """
      “<<” was not read: a policy says everything where it holds. Write out what it would fetch.
      """
    static let secondColon = """
      The rest of the line was not read: it has a second colon. Put what belongs together in \
      quotes, or in braces: {name: value}.
      """
    static let rest = """
      The rest of the line was not read: a value had ended before it. Put all of it in quotes, or \
      begin a comment with a space and #.
      """
    static let comment = "This comment was not read: a space was to stand before #. Add one."
    static let tab = """
      The rest of the line was not read: here it has a tab, whose width nobody knows. Use spaces.
      """
    static let indentingTab = """
      This line was not read: a tab stands before its first word, and nobody knows its width. \
      Indent with spaces.
      """
    static let spaceBehindColon = """
      The rest of the line was not read: no space follows this colon. Add one, or put a name with \
      a colon in quotes.
      """
    static let dash = """
      The rest of the line was not read: an item of a list cannot stand here. Give each item a \
      line of its own, or write the list in brackets: [a, b].
      """
    static let longWord = """
      What begins here was not read: it has more than \(PolicyLimits.wordBytesMax) bytes. \
      Write it shorter.
      """
    static let unclosedQuote = """
      What begins here was not read: its quotes do not end in this line. Close them.
      """
    static let unclosedBracket = """
      What begins here was not read: its brackets do not end before the next name does. Close \
      them, and indent the lines in them.
      """
    static let escape = """
      The rest of the line was not read: between double quotes, a backslash stands before \", \\, \
      /, n, r, t, x41, u0041 or U00000041. Double it where it is to be a backslash.
      """
    static let pairInList = """
      The rest of the line was not read: a list in brackets has no names. Put the pair in braces: \
      [{name: value}].
      """
    static let comma = """
      The rest of the line was not read: a comma or the closing bracket was to stand here. Add it.
      """

    static func colon(_ name: String) -> String {
      """
      \(shown(name)) was not read: a name stands before a colon and a space, as in \
      `points: counter`. Add them.
      """
    }

    static func doubled(_ name: String, line: Int) -> String {
      """
      \(shown(name)) was not read a second time: it stands in line \(line) already. Keep one of \
      them.
      """
    }

    /// Why nothing without quotes begins with a byte; nil if it may.
    static func refusal(of byte: UInt8) -> String? {
      switch byte {
      case UInt8(ascii: "&"), UInt8(ascii: "*"):
        """
        The rest of the line was not read: anchors (&) and aliases (*) are not for policies. \
        Write out what is meant, or put the word in quotes.
        """
      case UInt8(ascii: "!"):
        "The rest of the line was not read: tags (!) are not for policies. Take it out."
      case UInt8(ascii: "|"), UInt8(ascii: ">"):
        """
        The rest of the line was not read: texts over several lines (| and >) are not for \
        policies. Write the value in one line.
        """
      case UInt8(ascii: "?"), UInt8(ascii: ":"), UInt8(ascii: ","), UInt8(ascii: "]"),
        UInt8(ascii: "}"), UInt8(ascii: "%"), UInt8(ascii: "@"), UInt8(ascii: "`"):
        """
        The rest of the line was not read: no word begins with \
        “\(Character(Unicode.Scalar(byte)))” unless it is in quotes. Put it in quotes, or take the \
        character out.
        """
      default: nil
      }
    }
  }
}
