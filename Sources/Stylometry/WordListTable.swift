/// The word lists behind the features, in lower case with straight apostrophes.
///
/// They are closed classes of English grammar and a few open ones cut to their commonest members: short enough to be
/// read, since a reader who doubts a printed number must be able to count by hand. A word may stand in several.
enum WordListTable {
  static let lists: [(WordClasses, String)] = [
    (.firstSingular, "i me my mine myself i'm i've i'd i'll im ive"),
    (.firstPlural, "we us our ours ourselves we're we've we'd we'll let's"),
    (
      .secondPerson,
      "you your yours yourself yourselves you're you've you'd you'll u ur youre ya y'all"
    ),
    (
      .thirdPerson,
      """
      he him his himself she her hers herself they them their theirs themselves he's he'd he'll she's she'd she'll \
      they're they've they'd they'll
      """
    ),
    (.article, "a an the"),
    (
      .preposition,
      """
      about above across after against along among around at before behind below beneath beside between beyond by \
      despite down during for from in inside into near of off on onto out outside over past per since through \
      throughout till to toward towards under until up upon via with within without
      """
    ),
    (
      .conjunction,
      """
      and but or nor so yet because although though while whereas unless if whether since as until once than
      """
    ),
    (.negation, "no not never none nobody nothing neither nor nowhere cannot can't won't ain't shan't dont cant wont"),
    (
      .modal,
      """
      can could may might must shall should will would ought can't cannot couldn't mightn't mustn't shouldn't won't \
      wouldn't i'll we'll you'll he'll she'll they'll it'll cant wont
      """
    ),
    (
      .hedge,
      """
      maybe perhaps probably possibly seems seem seemed apparently somewhat guess suppose sort kind likely unlikely \
      appears appear appeared might presumably fairly almost usually
      """
    ),
    (
      .intensifier,
      """
      very really too quite extremely totally absolutely completely highly pretty just definitely certainly \
      actually truly incredibly entirely especially such
      """
    ),
    (
      .attribution,
      """
      said says say saying told tells tell asked asks added adds noted notes according stated states announced \
      reported declared claimed claims warned explained replied quoted
      """
    ),
    (
      .filler,
      """
      um uh er ah oh ok okay yeah yea yep yup yes nope hmm well like anyway anyways alright wow hey haha hah huh mm \
      whatever
      """
    ),
    (
      .slang,
      """
      lol lmao rofl omg wtf btw imo imho idk jk u ur r thx plz pls ppl cuz cos coz gonna wanna gotta kinda sorta dunno \
      lemme gimme ya yall y'all gov't b/c w/o tho thru nite luv dude cool crap damn hell stuff guy guys
      """
    ),
    (
      .bareContraction,
      """
      dont doesnt didnt isnt arent wasnt werent wont wouldnt couldnt shouldnt cant havent hasnt hadnt im ive youre \
      theyre thats whats theres hes shes aint lets
      """
    ),
    (
      .being,
      """
      am is are was were be been being isn't aren't wasn't weren't i'm you're we're they're he's she's it's that's \
      there's im isnt thats
      """
    ),
    (.relative, "that which who whom whose where when what why how"),
    (
      .opinion, "think thinks thought believe believes feel feels felt agree disagree opinion guess hope wish"
    ),
    (
      .grammatical,
      """
      a an the i me my mine we us our you your he him his she her it its they them their this that these those there \
      here who whom whose which what when where why how and but or nor so yet if because as than then though although \
      while of to in on at by for from with about into over after before between under out up down off through \
      during against without within since until is am are was were be been being have has had having do does did \
      doing will would can could may might must shall should not no never too very just only also even more most much \
      many some any all each every both few other another such own same again once now still i'm it's don't that's \
      can't you're i've i'd i'll he's she's they're we're didn't doesn't isn't wasn't what's there's won't wouldn't \
      one get got go going said say says like well really
      """
    ),
  ]

  /// The words of Burrows' Delta, in the order of their frequency vector. Grammar only: pronouns are left in, since
  /// whom a person writes about is style in e-mail and blogs; names of things are not.
  static let functionWords: [String] =
    """
    the to and of a in that i it is for on was with he be as but at have not they this by you are from or we an \
    his had has my will if so all their there who were she would more about been what one just which can when me \
    out do your up its no her some like them him could other than because how our these into any then only over \
    even know think really very also after get now most did those where should much still being before many \
    through people too such while between both may us going got well same here down i'm it's don't that's can't \
    didn't although though since until against under however yes yeah im dont every never always maybe within \
    without must might does why something anything nothing everything himself myself themselves am another each \
    few own again off around
    """.split(separator: " ").map(String.init)
}
