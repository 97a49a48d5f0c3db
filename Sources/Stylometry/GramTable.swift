/// How rare character 3- and 4-grams are: 1 - ln(share of texts that have it), in tenths, of the 3000 commonest.
///
/// Made by `stylometry-tables inputs` from training authors only; each corpus has the same weight.
enum GramTable {
  /// Of a gram that is not listed.
  static let restRarity = 4.4

  /// Tenths of rarity, and the grams, each behind a bar; a line break is written as a pilcrow.
  static let levels: [(tenths: Int, grams: String)] = [
    (
      10,
      #"""
      | a | an| and| in| of| of | th| the| to| to |and|and |at |e t|ed |er |he |in |ing|ing |nd |ng |of |re |the\#
      |the |to |
      """#
    ),
    (
      11,
      #"""
      | be| co| fo| ha| in | it| on| re| tha| wh|an |as |d t|e a|e s|ent|es |for|hat|hat |ion|is |ly |n t|n th|on \#
      |or |s a|s t|st |t t|tha|that|ut |ve |
      """#
    ),
    (
      12,
      #"""
      | for| is| is | ma| no| pr| st| wa| wi|all|e i|e o|e th|e w|en |ere|for |her|it |ld |le |ll |n a|nt |se |t a\#
      |t i|t th|ter|th |thi|tio|tion|ver|
      """#
    ),
    (
      13,
      #"""
      | al| ca| do| it | mo| on | sa| se| so| thi| we| wit| wo|'s |al |are|ate|ati|ave|ay |ch |d a|d th|e c|e p\#
      |eve|f t|f th|g t|hin|ion |ith|me |ng t|ome|ot |r t|rea|s i|s o|s th|t o|t w|ther|ts |wit|with|
      """#
    ),
    (
      14,
      #"""
      | ar| as| be | bu| hav| li| me| not|The|ave |be |ce |com|d i|e b|e f|e m|e to|ed t|ent |ers|hav|have|his|ill\#
      |in t|ith |ne |not|of t|one|oul|ould|out|s s|s w|t s|ted|uld|uld |y a|y t|
      """#
    ),
    (
      15,
      #"""
      | at| de| di| fr| go| he| lo| ne| pe| sh| was|, a|are |atio|con|d b|d o|d to|day|e d|e in|e of|e, |ear|ere \#
      |ess|est|et |ght|he s|his |igh|ke |men|n i|nce|not |o t|ons|ore|out |ove|ow |pro|r a|r th|res|ry |s an|s to\#
      |s, |sta|ted |thin|tin|ust|was|
      """#
    ),
    (
      16,
      #"""
      | I | Th| are| as | at | but| com| con| fi| ho| ou| po| pro| su|, t|The |ally|any|at t|but|but |d s|der|e h\#
      |e l|e r|ey |g a|g th|han|her |here|hou|ide|ill |int|ive|lly|lly |n o|nd t|ng a|ns |om |one |oun|our|per|rs \#
      |s a |s b|s f|s of|sti|t of|t to|te |ting|use|was |
      """#
    ),
    (
      17,
      #"""
      | ab| ba| ch| ex| fro| la| le| or| pa| rea| som| tr|, th|, w|ad |ain|ant|ble|can|cou|e an|e co|e e|e g|e n\#
      |ect|ell|end|er t|ever|fro|from|he c|hen|hey|hing|id |ight|ine|kin|man|ment|ny |o a|o b|o s|o th|ome |on t\#
      |ore |oth|ple|rom|rom |s c|s in|so |som|some|ss |t b|t h|t m|ter |this|to t|ugh|y i|y s|y th|y w|y, |
      """#
    ),
    (
      18,
      #"""
      | all| an | by| cou| ev| fa| has| int| mi| si| sta| un| whe| wou|'t |, b|. I|. T|a s|abo|act|ake|all |any \#
      |ar |art|ast|bou|by |d w|e a |e. |eal|ed a|een|een |ge |ght |h a|h t|has|he p|hen |hey |ht |ike|ind|ink|ist\#
      |iti|l t|lin|min|mor|n s|n't|n't |nal|nce |nde|now|nte|ong|ort|oug|ough|over|pre|r s|rou|s m|s n|s p|s. |sed\#
      |sho|sin|ste|str|t c|t f|t, |they|tho|ty |und|ust |ven|ver |whe|whi|wor|wou|woul|y o|
      """#
    ),
    (
      19,
      #"""
      | The| a s| abo| ac| by | can| en| eve| fe| ge| hi| ju| lik| mor| or | out| per| sai| sho| ta| te| up| whi\#
      | wor| ye|, an|, i|. Th|abou|aid|ate |bout|cal|d be|d h|d in|day |din|ead|eas|ers |ery|g to|has |he w|ial\#
      |ic |ica|ies|ime|ions|ite|its|ive |king|lik|like|n a |n w|n, |nk |nti|o m|oin|or t|ose|ost|othe|par|pla|r o\#
      |rat|red|ren|rie|rin|s h|s l|sai|said|sed |t in|t p|t's|t's |tim|to b|to s|tra|up |ure|use |way|wer|
      """#
    ),
    (
      20,
      #"""
      | ag| any| gr| jus| my| one| pl| pre| see| ti| who| wil| yo| you|, bu|, s|abl|age|aid |als|ame|as a|at i|aus\#
      |cau|cha|ck |comp|cti|d f|d m|de |ding|don|ds |e be|e re|e wa|eat|ed i|ee |eop|eopl|era|eri|ern|es a|ess \#
      |ew |f a|g i|g o|get|gh |h th|he f|he m|hic|hink|ice|ich|ike |in a|ina|ink |is a|its |jus|just|k t|l a|lea\#
      |les|lit|more|my |n an|n in|nes|ng i|ng o|nin|ning|o be|old|omp|ons |ont|opl|ople|our |ous|own|ple |pos|r i\#
      |r, |re a|re t|ree|rt |s d|s no|see|son|t an|t d|t is|t it|t l|t wa|t. |tic|to a|tor|tur|ur |ut t|ve t|very\#
      |who|wil|will|y b|y c|yea|you|
      """#
    ),
    (
      21,
      #"""
      | a l| bec| bee| bi| bo| do | don| had| if| if | its| kn| my | peo| pla| ri| so | sp| up | yea|, wh|a c|a l\#
      |a p|ack|ake |ali|anc|ang|ard|ast |ause|bec|bee|been|ble |can |caus|ces|d a |d c|d p|d, |den|do |e fo|e ha\#
      |e is|e it|e on|e pr|e sa|e st|eca|ely|enc|es t|ese|even|fin|had|he t|hich|ich |ies |if |inc|ins|ir |ity|kno\#
      |lat|lli|m t|mar|n f|n m|n to|nd a|ned|ned |nge|now |nt t|nter|nts|o c|o d|off|on a|on o|on'|ona|ou |peo\#
      |peop|real|ring|s be|s r|t a |t be|t ha|t r|tat|ten|time|tte|uch|us |were|wha|what|whic|y d|y f|y h|y m|you |
      """#
    ),
    (
      22,
      #"""
      | a c| a p| cha| da| get| kno| man| mar| mu| off| ov| ove| pu| res| tho| tim| us| we | wer| wha|," |. I |I d\#
      |ace|ade|ant |app|as t|ase|at a|cen|cent|cia|ct |d an|d n|d of|d on|d. |ded|der |e I|e ma|e mo|e wi|e wo|eir\#
      |el |ell |ely |en t|er a|er,|er, |ery |es,|es, |es.|est |ett|fic|fte|had |har|he b|he d|he l|he r|ho |hol\#
      |how|ile|ini|inte|is t|it w|know|l o|l th|ld b|lle|low|ls |mak|mon|n b|n c|n of|n p|nat|nd i|nd o|nd s|nder\#
      |ngs|o h|o i|o p|o w|of a|onal|ong |ood|or a|ost |ound|owe|pec|pen|por|pri|r p|r w|ran|rd |re i|rec|red |rit\#
      |s e|s on|sid|sio|sion|spe|ssi|sto|t I|t e|tan|tel|tes|thou|til|tiv|ual|uch |ues|ugh |unt|we |who |y an|y p\#
      |y to|y. |year|
      """#
    ),
    (
      23,
      #"""
      |¶Th|¶The| Co| I d| It| We| ad| af| am| br| cl| dis| ea| exp| fu| he | mak| ot| oth| par| ra| say|, I|.¶"\#
      |.¶T|.¶Th|. A|I t|a b|a m|able|an a|ance|ass|at w|ays|beca|ber|che|cial|d d|d it|d l|ded |dis|don'|e ar|e ca\#
      |e se|e u|e wh|ean|ecau|eco|ed b|ed o|eed|eir |eli|em |eme|en a|ence|ene|es o|eth|exp|fer|ffe|g s|get |gre\#
      |gs |h i|han |hea|hei|heir|hem|hil|houl|ings|ity |l b|l i|l s|las|le t|led|lic|lie|ling|lon|m a|mer|mil|mpa\#
      |n e|n h|n. |nal |new|nit|nst|ntr|nts |o g|od |on i|on't|on,|on.|ond|ook|ope|ork|ose |own |port|r c|r f|r m\#
      |ral|rst|s ar|s co|s fo|s g|s we|s.¶|say|se t|shou|side|sit|t n|t re|tak|tal|th t|than|thei|thr|tive|to c\#
      |to m|tri|tro|try|ure |ve a|ven |wee|when|wn |y in|yin|ying|
      """#
    ),
    (
      24,
      #"""
      | In| a b| a m| cr| dr| fin| fir| lea| new| op| pri| qu| str| thr| ve| way|, I |. W|But|I do|I w|It |a f|a w\#
      |aft|age |ain |ame |an i|ana|ans|ari|ated|ay t|chi|come|cont|coul|ctio|d I|d r|e ne|e no|e so|eall|ear |eci\#
      |ed.|ein|er.|f i|f m|fir|fter|g w|gin|he a|he g|he o|houg|ial |ime |ire|is i|ise|iss|it i|k th|l, |lan|lar\#
      |led |ll t|lso|ly t|make|mat|me t|mes|met|mos|ms |nd w|nds|ner|ng s|ng.|ngs |nly|nly |no |nt o|nto|o f|o l\#
      |o r|oing|old |oli|omm|on, |orm|pan|part|r an|r b|r h|rce|re s|rel|ret|ric|rig|ris|ron|s ha|sel|sen|sing|sse\#
      |st t|sts|sur|t I |t co|t fo|t g|t on|t wo|tar|them|tly|to d|ts a|ue |ut i|ves|vin|w t|way |y l|y of|ys |
      """#
    ),
    (
      25,
      #"""
      | Bu| Ch| I t| I w| I'| So| a f| aft| als| fee| ga| hea| how| im| it'| me | mea| muc| no | now| onl| pos| sc\#
      | sti| tak| ver|, h|. S|But |I th|a r|a t|ach|afte|aga|also|am |ange|ann|arr|ars|ath|att|ay.|ays |be a|call\#
      |ch a|chan|cons|cre|d by|d e|d fo|d no|dea|dent|des|e C|e al|e de|e fi|e go|e li|e we|e y|e's|e's |eel|eing\#
      |ele|end |enti|ents|er o|er s|f p|fee|ffi|fore|g f|g m|g, |gai|gain|ges|gro|h o|he e|he i|he n|how |ical\#
      |ice |ici|ien|illi|ind |ine |ines|ing.|into|ion.|iona|irs|irst|is s|ish|it'|it's|itt|k a|ke t|ked|ks |long\#
      |loo|lso |ly a|m th|man |mea|most|mpl|muc|much|nda|ndi|ng f|ng w|ng,|nto |o o|oes|of m|oll|ompa|onl|ood |ord\#
      |ount|ppe|pres|r a |r d|r to|r. |re w|reas|reat|rent|rge|righ|s is|s re|s wh|s wi|sda|sday|ser|ses|sh |stil\#
      |t ma|t y|tai|take|tate|then|till|tly |to g|to p|und |urs|ving|wan|war|work|y ha|y r|
      """#
    ),
    (
      26,
      #"""
      | An| It | Ma| St| a d| a r| acc| ce| cu| gi| goo| gro| his| ki| las| mon| our| rec| ro| sto| tra| tw| vi\#
      | wan|'m |'s a|, o|. It|...|I h|a d|acc|ack |ard |arg|ark|asi|ates|bac|bet|bil|cat|ce t|cer|comm|d ha|d u\#
      |d.¶|dec|did|e do|e pe|ece|ens|er i|eral|erc|ert|erv|es i|ese |esti|eti|f a |f c|f s|feel|ffic|form|ful|g a \#
      |g an|g in|g p|gen|ger|go |goo|good|h s|hang|he h|hes|hur|ian|iden|ied|ign|ile |ili|imp|inst|ion,|iou|ious\#
      |isi|itio|ivi|k i|ked |l be|l c|l p|lac|last|let|ll b|llo|los|mbe|mber|mean|med|n I|n d|n it|n r|nati|nd I\#
      |nd h|nds |new |ng m|ng, |nk t|nsi|o ma|of p|omet|only|ori|oss|pect|put|r e|r in|r of|rati|rch|read|rem|rep\#
      |riv|rma|rob|rri|rst |rte|s li|s pr|s st|s, a|se o|she|st a|stan|ster|sts |t u|t we|t wi|tes |th a|tle|to h\#
      |too|tre|ts o|ts t|ture|two|ult|unde|uni|usi|ute|uti|w th|want|wel|well|wher|win|xpe|y n|
      """#
    ),
    (
      27,
      #"""
      | 19| I h| No| Wh| a g| a w| act| aga| ap| bac| bet| day| dec| did| goi| her| inc| inv| lon| loo| na| rel\#
      | rep| rig| spe| too| two| use|, it|I a|I ha|I'm|I'm |Thi|a co|a g|a lo|ace |ade |adi|agai|ail|air|ale|ani\#
      |arl|art |ary|as b|as s|at h|at m|at s|ay,|ay, |back|bas|bei|bein|bel|bli|cal |car|ces |cho|coun|cte|cted\#
      |ctu|d I |d co|d g|d re|doe|does|dow|dy |e I |e di|e la|e pa|e sh|e.¶|ead |ears|ed f|eek|ega|emen|ems|en i\#
      |eren|es w|ete|expe|ext|fac|fere|ffer|firs|goi|goin|h a |h m|h w|h, |hed|hel|hile|hos|id t|id.|il |ing,|inv\#
      |is n|is w|ite |ke a|l w|late|lio|lion|lis|ll a|llio|llow|look|ly s|many|me a|mes |mpan|n l|na |nd c|nd m\#
      |ne o|nee|ng p|nis|nta|o co|o e|o ha|o re|of c|ok |oke|ol |ole|omi|on w|or s|ors|ot a|ote|oup|ous |ow t|p t\#
      |pers|pin|ppo|prob|qui|r l|r r|rac|rai|ral |re o|ree |rest|rev|rke|rn |roun|rov|row|rs a|rth|rti|s I|s al\#
      |s sa|s so|s u|see |sha|shi|son |spec|ssu|stat|suc|t al|t do|t so|tain|tem|tern|tie|to r|tter|tti|ttin|tua\#
      |ught|unc|ut a|ve b|wo |ws |y be|y co|y g|
      """#
    ),
    (
      28,
      #"""
      | But| Ca| Ho| I a| I'm| Mo| Re| a t| app| bei| bel| doe| fac| go | gu| imp| ins| mil| min| mos| nee| sam\#
      | sec| sha| sin| suc| sur| und| wee| wel|'re|. B|. H|And|In |This|a h|a n|aid.|aki|akin|als |ars |at I|cas\#
      |ced|cor|cri|cur|d wi|day.|ders|dn'|dn't|down|e U|e ch|e he|e me|e po|e. I|eac|ect |ed s|ed w|ed,|edi|eel \#
      |eep|efo|efor|emb|ende|ept|er w|er. |erce|erm|erso|es. |esd|esda|esi|esp|ethi|f it|ff |g b|g c|g on|g. |hap\#
      |hem |hom|hose|hro|ick|ide |ied |imi|ince|it.|ize|k o|ket|l f|l h|l m|l of|lace|le a|leg|les |less|lif|line\#
      |lot|ly i|mal|mark|meth|n fo|n wh|nd p|need|ness|ng c|nme|nmen|noth|nou|nt a|nt i|nt.|o a |o do|o, |of i\#
      |of s|om t|onc|ook |orl|orld|ort |ot t|ove |r co|rad|rate|ress|ries|rk |rld|rly|rne|rni|roug|rs.|rse|rso\#
      |rson|rta|s it|sam|se i|sec|st o|star|stra|stu|sure|t se|t st|tely|ters|ties|to l|tru|try |ts.|ttl|two |ubl\#
      |ula|ull|uri|urn|usin|ut o|ved|vel|ves |vie|week|y e|y re|y.¶|yst|
      """#
    ),
    (
      29,
      #"""
      | And| Be| a n| bl| cal| car| dea| dif| dow| el| end| gov| hel| hig| hu| ind| jo| ke| mad| ni| ru| stu| sup\#
      | tol| wr|'re |'s s|, c|, m|.¶A|.¶I|. M|And |I c|We |a re|acti|add|ains|al a|an e|an t|appe|arge|arke|ary \#
      |as i|ased|aso|at'|at's|atin|avi|ay a|ber |bus|by t|ce a|ce i|ce o|cess|cts|cul|d st|dif|diff|duc|e as|e ba\#
      |e fr|e ho|e le|e lo|ean |ecte|ecti|ecu|ed, |ed. |eed |eem|eet|elf|ema|embe|er p|ered|et t|ey w|f o|f w|f y\#
      |g d|giv|got|gov|gove|gra|gree|h h|hat'|he C|hed |hig|high|hoo|hy |ibl|ict|iev|iff|ifi|isc|it a|it s|it t\#
      |ita|l an|l l|l r|l. |ld h|le o|le w|lem|lf |lig|lity|ll o|ly b|ly,|ly, |m s|mad|mai|may|me o|me.|mis|mme\#
      |mple|n T|n be|n co|n g|n is|n on|nci|net|ng b|ng. |nic|nne|nse|nt,|ntin|nve|o se|ock|offi|oint|on f|on. \#
      |or m|ot o|pany|pea|ped|perc|plac|plan|prov|re n|re,|re.|ria|rid|rien|rly |rop|ros|rre|rs,|s go|s ma|s mo\#
      |s wo|same|say |ses |sn'|sn't|sol|spo|sue|sup|t ca|t he|t k|t le|t pr|t wh|t.¶|tart|tch|thro|tle |to e|to f\#
      |tol|top|ts s|ts,|ttle|uall|uct|urc|ved |vern|wing|y fo|yon|yth|
      """#
    ),
    (
      30,
      #"""
      | 199| Al| De| Fr| I c| I f| Mi| Se| Thi| am | bef| ci| des| ear| gen| giv| hom| iss| lit| lot| may| ope| sl\#
      |" s|"Th|'ve|'ve |, a |, e|, in|, p|199|I f|I s|I wa|If |It'|It's|Ther|act |ad t|agr|al s|alk|alle|an o|an'\#
      |ank|ans |aro|arri|as w|ason|atte|ay i|ayi|ayin|be t|bef|befo|beli|big|bly|cce|ce.|ced |ch i|cke|cle|cra\#
      |crea|cto|cus|cut|cy |d S|d he|d ma|d pr|d so|dic|disc|e A|e B|e S|e ab|e en|e ex|e fa|e j|e k|e si|e su\#
      |e tr|e v|e, a|each|eal |earl|easo|eat |ed m|efi|egi|elie|ems |ent.|equ|er c|er d|er f|er h|erat|ernm|ette\#
      |etw|evi|ey a|f yo|fici|fou|g fo|g h|g it|ged|grou|gue|h an|h c|hese|id i|id.¶|ier|ieve|iew|if t|ife|ily|im \#
      |inf|is c|is m|is p|ish |issu|ited|iva|k, |ker|kes|l d|leas|lia|lic |liv|ll,|lled|llin|log|lowe|ly c|ly w\#
      |m i|m o|made|mill|ming|mov|n I |n S|n re|n.¶|nd b|nd f|ndin|ng d|ng h|nge |nite|ns a|ns o|ns t|nt, |nted\#
      |nth|ntl|o I|o n|oda|oday|oes |once|ool|op |opp|ork |orma|osi|ours|ovi|p a|pac|pic|ping|poi|pol|ps |qua|que\#
      |r g|r n|r so|rcen|re p|re, |ref|reg|res |rim|rio|riti|rket|rm |rnin|rnm|rnme|rol|rong|rs, |rt o|s at|s ca\#
      |s de|s fr|s j|s wa|s y|s, t|s. I|scr|self|set|shar|sig|sinc|ssue|st i|st s|stin|stor|t as|t li|t me|t no\#
      |t sa|t sh|tia|tit|to w|told|ton|ts, |tual|ual |upp|ut I|ve s|vers|vid|view|w a|ways|wed|whil|worl|xpec|y ar\#
      |y is|y ma|y wa|y we|ythi|
      """#
    ),
    (
      31,
      #"""
      | He| I m| I s| Ju| Pr| Un| Yo| a h| add| aro| att| bas| big| bil| bus| chi| du| fl| fou| got| gre| han| hap\#
      | har| inf| it.| leg| lif| mov| ow| pi| pol| reg| rem| sen| ser| sm| tel| ter|'s t|'t t|, so|," s|.¶B|. Wh\#
      |.. |Chi|I m|So |Sta|Tha|a a|a ma|a pr|a st|a, |ad a|ady|agre|al c|al t|allo|aly|alys|ano|ara|arly|arou|arte\#
      |as m|ase |ay. |ban|base|bill|bly |ce,|ce, |ch t|cie|clo|ctor|cts |d al|d at|d wh|def|dit|e at|e bu|e te\#
      |e ti|e yo|eak|ecom|econ|eig|els|en s|eni|ep |epo|er b|erin|err|ers.|ervi|es f|et a|ets|eve |ews|f co|f h\#
      |fec|fect|fina|fit|fri|g of|ged |ger |ging|give|happ|hare|he U|home|hor|hre|hrou|ia |iat|ible|icia|ida|iffe\#
      |ima|in m|in o|in s|inat|ined|inu|irm|is b|is o|ise |ist |iste|it. |ittl|itu|ke i|ken|l in|lati|lay|ld a|lec\#
      |len|liev|litt|live|liz|ll, |lot |lt |lve|ly d|lys|main|med |mit|mont|n A|n M|n ha|n my|naly|nch|nd d|nd e\#
      |nd l|nded|ne t|nev|nist|nk i|nno|nt s|ntly|o an|o ge|oba|obl|oble|oci|olic|olo|oma|omen|ompl|on s|onsi|onth\#
      |ontr|oo |orp|ot b|oti|ower|owi|owin|pas|poin|pon|pose|pub|publ|r re|rch |rde|re c|re f|re m|renc|rese|rica\#
      |roup|rs o|rted|rts|rvi|s I |s as|s ju|s se|s sh|s, w|s. T|sch|se a|sent|serv|sib|sou|ss t|st b|st p|such\#
      |supp|t mo|t yo|tand|tati|te a|tea|tere|thes|thos|thre|tic |tis|to i|tod|tor |ts i|turn|twe|ubli|ude|ul |urt\#
      |used|ustr|ut w|val|ve i|vent|vio|vis|w i|w w|wed |wom|y a |y do|y sa|y st|y wi|y's|y's |yone|your|
      """#
    ),
    (
      32,
      #"""
      |¶"T|¶"Th| Br| If| If | Sta| agr| ana| ano| ass| cas| clo| def| es| hou| id| lat| liv| own| pas| put| sch\#
      | sit| tal| tod| war| wom|" sa|"The|'s n|, d|, f|.¶"T|. O|... |00 |I g|a li|aliz|an s|an't|anal|arn|arti\#
      |as p|at c|blem|bro|choo|cit|clu|col|cond|d as|d ou|day,|deci|did |e M|e gr|e or|e ri|e, t|e. T|ease|ech|ela\#
      |elp|en w|ener|ent,|es s|esid|esse|etti|f e|fact|fre|g e|g l|gh t|got |h is|hal|head|ican|id o|ild|ily |inis\#
      |it o|itie|l co|l g|ld s|le i|le,|le.|life|ll i|ll s|lose|low |lyst|m, |m. |mina|n n|n u|n y|n's|n's |neve\#
      |ng e|nig|nigh|nio|ns.|nst |o. |off |omin|on T|oni|or i|orr|ory|peci|ped |poli|pt |r ha|r pr|rag|re d|rece\#
      |resi|robl|rs t|s do|s su|seem|sign|st c|st w|sted|stic|t ev|t. I|tab|te t|tent|toda|too |ts w|up t|urr|vic\#
      |why|y ca|y on|
      """#
    ),
  ]
}
