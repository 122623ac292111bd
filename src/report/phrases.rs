//! Every fixed phrase of the reports, in both languages: one that is missing in a language does not compile.
//!
//! `{name}` is a place to fill in; a test compares the places of both languages. Sentences about a product stand
//! in its table, not here.

use crate::model::words::Words;

macro_rules! phrases {
    ($($name:ident: $en:literal, $ja:literal;)+) => {
        $(pub const $name: Words = Words { en: $en, ja: $ja };)+
        #[cfg(test)]
        const ALL: &[(&str, Words)] = &[$((stringify!($name), $name)),+];
    };
}

phrases! {
    // Counting.
    STEPS_ONE: "1 step", "1 ステップ";
    STEPS_MANY: "{n} steps", "{n} ステップ";
    FOR_OPERATOR_ONE: "1 of them for an operator", "うち 1 ステップは手作業";
    FOR_OPERATOR_MANY: "{n} of them for an operator", "うち {n} ステップは手作業";
    FOR_OPERATOR_ALL: "all for an operator", "すべて手作業";
    GROUPS_ONE: "1 group", "1 グループ";
    GROUPS_MANY: "{n} groups", "{n} グループ";
    STEP_NUMBER: "step {n}", "ステップ {n}";
    STEP_NUMBERS: "steps {n}", "ステップ {n}";
    TO: "{a} to {b}", "{a}～{b}";
    AND: "{a} and {b}", "{a}、{b}";
    COMMA: ", ", "、";
    SEMICOLON: "; ", "、";
    COLON: ": ", ": ";
    AND_MORE: "and {n} more", "ほか {n} 件";
    HOURS: "{n} h", "{n} 時間";
    MINUTES: "{n} min", "{n} 分";
    SECONDS: "{n} s", "{n} 秒";

    // A plan.
    NOTHING_TO_DO: "no changes: everything is as declared", "変更なし: すべて宣言どおり";
    NO_GROUPS: "no groups", "グループなし";
    IN_SYNC: "in sync", "宣言どおり";
    READY: "ready", "実行可能";
    BLOCKED: "blocked", "実行不可";
    UNDETERMINED: "undetermined", "判定不能";
    BLOCKED_GUARD: "blocked: a guard says no", "実行不可: 条件が成立しない";
    BLOCKED_NO_WAY: "blocked: no safe sequence leads to the declared topology", "実行不可: 宣言された構成に安全に到達する手順がない";
    UNDETERMINED_HEAD: "undetermined: what the steps depend on is unknown", "判定不能: ステップの選択に必要な情報が不明";
    CHANGES: "changes", "変更";
    DISRUPTION: "disruption", "影響";
    NO_DISRUPTION: "none: the group stays in use", "なし (グループは利用を継続できる)";
    AS_DECLARED: "as declared: {names}", "宣言どおり: {names}";
    PROVEN: "no shorter safe sequence exists", "これより短い安全な手順はない";
    NOT_PROVEN: "a shorter safe sequence may exist: the search met its bound", "より短い安全な手順があるかもしれない (探索が上限に達した)";
    STEPS_NOT_TAKEN: "the steps that would lead there, if nothing stood in the way:", "妨げがなければ実行されるステップ:";
    BY_OPERATOR: "by an operator, on {host}", "手作業、{host} で実施";
    BY_US: "automatic, on {host}", "自動、{host} で実施";
    WITHIN: "within {time}", "制限時間 {time}";
    WINDOWS: "changes only in", "変更できる時間";
    SETTLES: "may still be moving for {time}", "完了後 {time}は変化し続けることがある";
    MOVES: "use goes on, but may move to another server", "利用は継続できるが、サーバーが切り替わることがある";
    IDLE: "only while nobody uses the group", "グループが利用されていない間のみ";
    OFFLINE: "the server does not serve meanwhile", "その間サーバーはサービスを提供しない";
    WHY: "why", "理由";
    GUARDS: "guards", "条件";
    YES: "yes", "成立";
    NO: "no", "不成立";
    UNKNOWN: "unknown", "不明";
    WAIVED: "waived", "免除";
    RELIES_ON: "relies on", "依拠";
    ATTESTED: "attested", "証言";
    MARKS: "also", "併せて";
    DANGER: "danger", "危険";
    DANGER_REDUNDANCY: "a mistake costs the group redundancy", "誤るとグループの冗長性が失われる";
    DANGER_SERVICE: "a mistake can stop the group or cost data", "誤るとグループの停止やデータの喪失につながる";
    UNDO: "undo", "戻す操作";
    NO_WAY_BACK: "no way back", "元に戻せない";
    LEGEND_UNKNOWN: "unknown: could not be seen now. Every guard is asked again right before its step; anything but yes stops there.", "不明: 現時点で確認できない。条件は各ステップの直前に再確認し、成立以外であればそこで停止する。";
    BECAUSE: "because", "理由:";
    HINT: "hint", "ヒント";
    WAY_BACK: "way back to the roles of before", "元の役割に戻す手順";
    AFTER_STEP: "after step {number}", "ステップ {number} の後";
    NOTHING_TO_UNDO: "nothing to undo", "戻すものはない";
    NO_WAY_BACK_FROM_HERE: "no way back from here: {because}", "ここからは元に戻せない: {because}";
    CANDIDATES: "candidates for {role}", "{role}の候補";
    MORE_CANDIDATES: "and {count} more", "ほか {count} 台";
    LEFT_FOR_LATER: "left for later", "後で必要な作業";
    NOTE: "note", "注意";
    DECLARED_IN: "declared in", "宣言";
    PLAN: "plan", "計画";
    APPLY_WITH: "apply it with:", "適用するコマンド:";

    // vDisk files, server by server.
    DISKS_TITLE: "vDisk files, server by server", "vDisk ファイルのサーバー間比較";
    DISKS_MASTER: "compared with the master {master}", "マスター {master} との比較";
    DISKS_FILE: "file", "ファイル";
    DISKS_WHOLE: "as a whole", "全体";
    DISKS_PVS: "PVS says", "PVS の情報";
    CELL_PVS_UP_TO_DATE: "up to date", "最新";
    CELL_PVS_BEHIND: "behind", "遅れ";
    PVS_FILE_MISSING: "the file is missing", "ファイルがない";
    PVS_FILE_OUTDATED: "the file is out of date", "ファイルが古い";
    PVS_PROPERTIES_MISSING: "the properties are missing", "プロパティがない";
    PVS_PROPERTIES_OUTDATED: "the properties are out of date", "プロパティが古い";
    DISKS_PVS_BEHIND: "PVS says of {files} on {server}{in}: {state}", "PVS の情報では、{server} の {files}{in}: {state}";
    DISKS_PVS_NOT_KNOWN: "PVS does not know how {files} is on {server}{in}: {state}", "PVS は {server} の {files}{in} の状態を把握していない: {state}";
    DISKS_PVS_TAKEN_FOR_GOOD: "PVS takes {files} on {server}{in} for up to date, and a file of it is missing or has other bytes than the master's", "PVS の情報では {server} の {files}{in} は最新だが、実際のファイルはマスターと異なる、または存在しない";
    DISKS_PVS_TAKEN_FOR_BEHIND: "PVS says of {files} on {server}{in}: {state}; the bytes there are the master's", "PVS の情報では、{server} の {files}{in}: {state}。ただし実際の内容はマスターと一致している";
    DISKS_PVS_FOLDER: " (in {folder})", " ({folder})";
    DISKS_PVS_TIMES: "PVS goes by the times of files, in the folder that it has for a server, and what it says may be minutes old. Results, exit codes and guards rest on the bytes alone.", "PVS はサーバーごとに設定されたフォルダーにあるファイルの日時で判断し、情報は数分前のことがある。判定・終了コード・条件の確認は、ファイルの内容だけに基づく。";
    DISKS_PVS_UNKNOWN: "Not all that PVS says is known: {why}", "PVS の情報の一部が不明: {why}";
    DISKS_EQUAL: "every file is as it should be", "すべてのファイルが正常";
    DISKS_DIFFERENT: "not all files are as they should be", "正常でないファイルがある";
    DISKS_UNKNOWN: "could not be determined", "判定不能";
    CELL_MASTER: "the master's", "マスター";
    CELL_AWAITING: "awaiting", "待ち";
    CELL_LEFTOVER: "leftover", "残り";
    CELL_INVALID: "invalid", "Invalid あり";
    CELL_EQUAL: "equal", "一致";
    CELL_DIFFERS: "differs", "不一致";
    CELL_OTHER_HEADER: "same disk, other header", "内容は同じ、ヘッダーが違う";
    CELL_OTHER_LAYOUT: "same disk, other layout", "内容は同じ、ブロックの配置が違う";
    CELL_MISSING: "missing", "なし";
    CELL_EXTRA: "extra", "余分";
    CELL_MAINTENANCE: "maintenance", "保守モード";
    CELL_UNREADABLE: "unreadable", "読めない";
    CELL_IN_USE: "in use", "使用中";
    CELL_NOT_READ: "not read", "未読";
    DISKS_WHY_UNKNOWN: "{server}: unknown: {why}", "{server}: 不明: {why}";
    DISKS_DIFFERS: "{file} on {server} differs from the master's: bytes {more}", "{server} の {file} はマスターと異なる: {more} バイト目の範囲";
    DISKS_OTHER_HEADER: "{file} on {server} holds the same disk as the master's and differs in its headers alone: bytes {more}", "{server} の {file} はディスクの内容がマスターと同じで、ヘッダーだけが異なる: {more} バイト目の範囲";
    DISKS_OTHER_LAYOUT: "{file} on {server} holds the same disk as the master's, with blocks in other places: bytes {more}", "{server} の {file} はディスクの内容がマスターと同じで、ブロックの配置が異なる: {more} バイト目の範囲";
    DISKS_STILL_DIVERGENT: "A file that holds the same disk in other bytes is divergent all the same: CO-Store compares files.", "ディスクの内容が同じでも、ファイルとして異なれば不一致である (CO-Store はファイルを比較する)。";
    PARTS: ": {parts}", ": {parts}";
    PARTS_SOMEWHERE: ", somewhere in {parts}", " ({parts} のどこか)";
    PART_SECTOR: "sector {first} (block {block})", "セクター {first} (ブロック {block})";
    PART_SECTORS: "sectors {first} to {last} (block {block})", "セクター {first}～{last} (ブロック {block})";
    PART_BARE_SECTOR: "sector {first}", "セクター {first}";
    PART_BARE_SECTORS: "sectors {first} to {last}", "セクター {first}～{last}";
    PART_BITMAP: "the bitmap of block {block}", "ブロック {block} のビットマップ";
    PART_FOOTER: "the footer", "フッター";
    PART_FOOTER_COPY: "the footer's copy", "フッターの控え";
    PART_DYNAMIC_HEADER: "the dynamic header", "ダイナミックヘッダー";
    PART_BLOCK_TABLE: "the block table", "ブロックテーブル";
    PART_FILE_IDENTIFIER: "the file identifier", "ファイル識別子";
    PART_FIRST_HEADER: "the first header", "1 番目のヘッダー";
    PART_SECOND_HEADER: "the second header", "2 番目のヘッダー";
    PART_REGION_TABLE: "the region table", "リージョンテーブル";
    PART_REGION_TABLE_COPY: "the region table's copy", "リージョンテーブルの控え";
    PART_METADATA: "the metadata", "メタデータ";
    PART_LOG: "the log", "ログ";
    UNPLACED: "; which blocks of the disk that is can't be said: {why}", "、ブロックとセクターは不明: {why}";
    UNPLACED_NOT_READ: "the headers of the image on {server} were not read", "{server} のイメージのヘッダーを読んでいない";
    UNPLACED_HEADERS: "on {server} {more}", "{server}: {more}";
    UNPLACED_OTHER_FORM: "the images are of another size, of blocks of another size, or of another parent", "イメージのサイズ・ブロックサイズ・親のいずれかが異なる";
    UNPLACED_OTHER_PLACES: "the blocks stand in other places, and whether the disks differ can only be read where both files are", "ブロックの配置が異なり、ディスクの内容が異なるかどうかは両方のファイルがある場所でしか読めない";
    UNPLACED_NOT_AGAIN: "the files changed or could not be read when they were compared again", "再比較の際にファイルが変化したか、読めなかった";
    DISKS_UNREADABLE: "{file} on {server} could not be read: {more}", "{server} の {file} を読めない: {more}";
    DISKS_IN_USE: "{file} on {server} is in use, and was not compared: {more}", "{server} の {file} は使用中のため比較していない: {more}";
    DISKS_NEVER: "Why files differ is not known: a change outside CO-Store or a failure of PVS or CO-Store can be the reason. rolewalk neither discards nor replicates such a file.", "異なる原因は不明 (CO-Store を利用しない変更、PVS や CO-Store の障害などがありうる)。rolewalk がこのファイルを破棄・複製することはない。";
    DISKS_INVALID_MASTER: "The folder Invalid on the master {server} holds {files}: this has another cause than differing slaves. Collect the logs (article 17-005) and contact the vendor; nothing else is offered.", "マスター {server} の Invalid フォルダーに {files} がある: スレーブの不一致とは原因が異なる。ログを回収 (文章番号17-005) の上、CO-CONV に連絡する (ほかの手順はない)。";
    DISKS_INVALID: "The folder Invalid on {server} holds {files}: every task of CO-Store fails while it does.", "{server} の Invalid フォルダーに {files} がある: 残っている間はタスクがエラーになる。";
    DISKS_INVALID_UNREADABLE: "{folder} on {server} could not be listed: {why}", "{server} の {folder} を一覧できない: {why}";
    DISKS_KEEP_MASTER: "To keep the master's files: declare `divergence: { keep: master-files }` in the topology; the plan then renames the folder to Invalid.<yyyymmdd>.", "マスター上のファイルを使い続ける場合: トポロジーに `divergence: { keep: master-files }` を宣言すると、計画で Invalid.<yyyymmdd> にリネームする。";
    DISKS_KEEP_SLAVE: "To keep the slave's files instead: collect the logs (article 17-005) and contact the vendor; rolewalk does not do that.", "スレーブ上のファイルを使う場合: ログを回収 (文章番号17-005) の上、CO-CONV に連絡する (rolewalk は行わない)。";
    DISKS_RENAMED: "{folder} on {server} was renamed by somebody and stops no task; it holds {files}", "{server} の {folder} はリネーム済みでタスクを中断しない (内容: {files})";
    DISKS_AWAITING: "{server} is awaiting replication: it starts with the next new version, or when a version is deleted from the trash.", "{server} はレプリケーション待ち: 新しいバージョンの作成、またはバージョンのゴミ箱からの削除で開始される。";
    DISKS_LEFTOVER: "{server} still holds {bytes} of vDisk files from its time as a slave: delete them by hand after a while; rolewalk never deletes a vDisk file.", "{server} にスレーブだったときの vDisk ファイルが {bytes} 残っている: しばらく経過してから手動で削除する (rolewalk は削除しない)。";
    DISKS_CHAIN: "{file} on {server}: ", "{server} の {file}: ";
    CHAIN_UNREADABLE: "its headers can't be read: {more}", "ヘッダーを読めない: {more}";
    CHAIN_DAMAGED: "damaged, and readable from a copy: {more}", "破損しているが控えから読める: {more}";
    CHAIN_OPEN: "a program has it open, or did not close it", "プログラムが開いているか、正常に閉じられていない";
    CHAIN_NO_PARENT: "it is a version and names no parent", "バージョンのファイルだが親を示していない";
    CHAIN_MISSING: "its parent {parent} is missing", "親の {parent} がない";
    CHAIN_NOT_OLDER: "its parent {parent} is no older version", "親の {parent} が古いバージョンではない";
    CHAIN_OTHER: "its parent {parent} is another disk than the one it was made from ({more})", "親の {parent} が作成時の親 ({more}) と異なる";
    CHAIN_TIME: "its parent {parent} has another file time than the one it was made from ({more})", "親の {parent} のファイル時刻が作成時 ({more}) と異なる";
    DISKS_CHANGED_MASTER: "{file} on the master {server} is not as it was at {since}, and no new version came. If no write session is open on it (書き換え開始, 再書き換え), CO-Store's next task will find that the servers differ. Why it changed is not known.", "マスター {server} の {file} が {since} の時点と異なるが、新しいバージョンは作成されていない。書き換え中 (書き換え開始・再書き換え) でなければ、次のタスクでサーバー間の不一致が検知される。変化した原因は不明。";
    DISKS_CHANGED: "{file} on {server} is not as it was at {since}, and no new version came. Why it changed is not known.", "{server} の {file} が {since} の時点と異なるが、新しいバージョンは作成されていない。変化した原因は不明。";
    DISKS_PROCEDURE: "A disk is updated directly (mounting it and changing a ReadCache flag included) only so: 1. start writing in CO-Store (書き換え開始, or 再書き換え); 2. update the newest version, on the master; 3. end writing in CO-Store (書き換え終了).", "ディスクに対する直接の更新作業 (マウントや ReadCache フラグの変更を含む) の手順: 1. CO-Store で書き換え開始 (または再書き換え) する。2. マスター上で最新バージョンを更新する。3. CO-Store で書き換え終了する。";
    DISKS_NOT_REVERT: "Not allowed in the PVS console: Revert (取り消し), to put the newest version into maintenance; use 再書き換え開始 of CO-Store.", "PVS コンソールで行ってはならない操作: [取り消し] による最新バージョンの保守モード化。CO-Store の「再書き換え開始」を使う。";
    DISKS_NOT_RECREATE: "Not allowed in the PVS console: Delete (削除), then New (新規) of the newest version; delete it in CO-Store, then start writing (書き換え開始).", "PVS コンソールで行ってはならない操作: 最新バージョンの [削除] 後の [新規]。CO-Store で最新バージョンを削除してから「書き換え開始」をする。";

    // CO-Store's task log.
    LOG_NOTHING: "{n} records, and no task that found abnormal files", "{n} レコード。異常なファイルを検知したタスクはない";
    LOG_MORE: "there is more of this kind in the log than is shown", "ログにはこのほかにも同種の記録がある";
    LOG_LOOP: "stands in a retry loop: {task} ({n} times, from {first} to {last})", "リトライを繰り返している: {task} ({n} 回、{first}～{last})";
    LOG_ONCE: "failed: {task} ({first})", "失敗: {task} ({first})";
    LOG_NO_FILE: "no abnormal file", "異常なファイルなし";
    LOG_MASTER: "If one of the servers with files is the master: collect the logs (article 17-005) and contact the vendor; nothing else is offered.", "ファイルのあるサーバーがマスターの場合: ログを回収 (文章番号17-005) の上、CO-CONV に連絡する (ほかの手順はない)。";
    LOG_SLAVE: "If they are slaves: see with `rolewalk disks PATH` what differs. No task goes on while the files lie in the folder Invalid.", "スレーブの場合: `rolewalk disks PATH` で差異を確認する。Invalid フォルダーにファイルがある間、タスクは進まない。";
    LOG_RENAME: "To keep the master's files: declare `divergence: { keep: master-files }`; the plan renames Invalid on those slaves to Invalid.<yyyymmdd>.", "マスター上のファイルを使い続ける場合: `divergence: { keep: master-files }` を宣言すると、計画で該当スレーブの Invalid を Invalid.<yyyymmdd> にリネームする。";

    // A run.
    RUN_STARTED: "run {run} started by {who} on {host}", "実行 {run} を開始 ({who}、{host})";
    RUN_RESUMED: "run {run} resumed by {who} on {host}", "実行 {run} を再開 ({who}、{host})";
    GROUP_STARTED: "{group}: {steps}", "{group}: {steps}";
    STEP_OF: "step {n} of {all}", "ステップ {n}/{all}";
    ASKED: "asked", "要求";
    ANSWERED: "answered", "応答";
    OPERATOR_WANTED: "an operator is wanted on {host} until {until}:", "{host} で作業が必要 (期限 {until}):";
    OVERDUE: "overdue since {until}", "期限 ({until}) を過ぎている";
    DONE: "done", "完了";
    DONE_ALREADY: "was done already", "すでに完了していた";
    FAILED: "{step} failed", "{step} は失敗";
    NOT_BEGUN: "{step} was not begun", "{step} は開始していない";
    OUTCOME_UNKNOWN: "{step}: its outcome is unknown", "{step} の結果は不明";
    STEP_WAITS: "{step} waits for an operator", "{step} は作業者を待っている";
    FROM_TO: "{server} from {from} to {to}", "{server} を{from}から{to}へ";
    CAUSE: "cause", "原因";
    ERROR: "error", "エラー";
    CHANGED_IN_PART: "something was changed by it, and its goal is not reached", "一部が変更され、目標には達していない";
    UNCHANGED: "nothing was changed by it", "この操作による変更はない";
    DONE_LIST: "done", "完了";
    NOT_STARTED_LIST: "not started", "未開始";
    NONE: "none", "なし";
    NOTHING_CHANGED: "nothing has been changed", "何も変更されていない";
    NOW: "now", "現在";
    NOT_CERTAIN: "{server}: not certain", "{server}: 不確か";
    GROUP_DONE: "as declared now", "宣言どおりになった";
    GROUP_STALE: "stopped: what is there is not what the plan foresaw", "停止: 現状が計画の前提と異なる";
    GROUP_INTERRUPTED: "stopped: interrupted", "停止: 中断された";
    GROUP_BLOCKED: "stopped before a step: a guard does not hold", "停止: ステップ直前の条件が成立しない";
    GROUP_WAITING: "waiting for an operator", "作業者を待っている";
    GROUP_FAILED: "stopped: a step failed", "停止: ステップが失敗した";
    GROUP_UNKNOWN: "stopped: it could not be determined what is there", "停止: 現状を確認できない";
    INTERRUPTED: "interrupted: what is under way is brought to an end first", "中断: 進行中の操作の終了を待つ";
    RESUME_MENDED: "when the cause is mended, run `rolewalk resume {run}`; it begins at step {n}", "原因を取り除いてから `rolewalk resume {run}` を実行する (ステップ {n} から再開)";
    RESUME_HOLDS: "when it holds, run `rolewalk resume {run}`; it begins at step {n}", "条件が成立してから `rolewalk resume {run}` を実行する (ステップ {n} から再開)";
    RESUME_OPERATOR: "when the work is done, run `rolewalk resume {run}`; it begins at step {n}", "作業が終わったら `rolewalk resume {run}` を実行する (ステップ {n} から再開)";
    RESUME_LOOK: "run `rolewalk resume {run}`; it looks at what is there first and goes on from step {n}", "`rolewalk resume {run}` を実行する (現状を確認してからステップ {n} から再開)";
    PLAN_ANEW_WAIVER: "a run goes by the waivers of its plan: renew it in {file}, then make a new plan with `rolewalk plan`", "実行には計画時の適用除外が使われる: {file} で期限を延ばし、`rolewalk plan` で計画を作り直す";
    PLAN_ANEW_WINDOW: "declare a longer maintenance window in {file}, then make a new plan with `rolewalk plan`", "{file} でより長いメンテナンス時間を宣言し、`rolewalk plan` で計画を作り直す";
    PLAN_ANEW: "make a new plan with `rolewalk plan`", "`rolewalk plan` で計画を作り直す";
    RUN_ENDED: "run {run} ended with exit code {code}", "実行 {run} は終了コード {code} で終了";

    // An observation.
    SERVER: "server", "サーバー";
    ROLE: "role", "役割";
    NO_SERVERS: "no servers were seen", "サーバーは確認されなかった";
    FACTS_UNKNOWN: "could not be seen", "確認できなかったもの";
    OBSERVED_AT: "observed at {at}", "{at} に確認";
    YAML_ROLE_UNKNOWN: "its role is unknown; give it one to manage it", "役割が不明。管理する場合は役割を記入する";
    YAML_NO_LEADER: "no server with the leading role was seen; name one before you use this", "最上位の役割のサーバーが確認されなかった。使用前に 1 台を指定する";
    YAML_LEADERS: "more than one server with the leading role was seen; leave one before you use this", "最上位の役割のサーバーが複数確認された。使用前に 1 台にする";

    // Drift.
    DRIFT: "drift", "ドリフト";
    PENDING: "pending: declared and not applied yet", "適用待ち: 宣言済み、未適用";
    LINE: "line {n}", "{n} 行目";
    EXPECTED: "expected", "想定内";
    SEEN_ONCE: "seen once", "1 回確認";
    SEEN_TIMES: "seen {n} times in a row", "連続 {n} 回確認";
    PARTITION: "partition {partition}", "分割 {partition}";
    PARTITION_MISSING: "the report of partition {partition} is missing", "分割 {partition} の報告がない";
    MORE_GROUPS: "and {n} groups more: `--format json` has them all", "ほか {n} グループ (`--format json` ですべて出力)";
    WAIVER_HOLDS: "waiver until {until}: {guard}, {owner}: {reason}", "免除 ({until} まで): {guard}、{owner}: {reason}";
    WAIVER_EXPIRED: "waiver expired on {until}: {guard}, {owner}: {reason}", "免除は期限切れ ({until}): {guard}、{owner}: {reason}";
    LEFT_OFF: "{n} more are left off here", "ほか {n} 件は省略";

    // Markdown.
    DANGEROUS: "Dangerous steps", "危険なステップ";
    NO_UNDO: "no way back: {because}", "元に戻せない: {because}";
    STEPS: "Steps", "ステップ";
    DETAILS: "Details", "詳細";
    CUT: "{n} groups are not shown here. The full text:", "ここに示していないグループ: {n}。全文の表示:";
    CUT_STEPS: "{n} more steps are not shown here", "ほか {n} ステップは省略";
    CUT_DANGER: "{n} more dangerous steps are not shown here", "ほかの危険なステップ {n} 件は省略";
    DECLARED: "declared", "宣言";
    OBSERVED: "observed", "現状";

    // A page of HTML.
    HTML_TITLE: "change plan", "変更計画";
    HTML_LEAD: "What would be done, in which order, and what remains at every moment. Nothing is changed by looking at it.", "何をどの順に行い、各時点で何が残るか。この文書の作成による変更はない。";
    HTML_RUN_LEAD: "Run {run}: what was planned, and at the end what was done.", "実行 {run}: 計画の内容と、末尾に実行の記録。";
    HTML_IDENTITY: "What is approved", "承認の対象";
    HTML_IDENTITY_MEANS: "The id stands for everything in the plan but times; another plan has another id.", "ID は時刻を除く計画の全内容を表す。異なる計画の ID は異なる。";
    HTML_APPLY: "This command carries out exactly this plan and refuses any other; every guard is asked again right before its step:", "次のコマンドはこの計画だけを実行し、ほかの計画は拒否する。条件は各ステップの直前に再確認する:";
    HTML_GROUPS: "All groups", "グループ一覧";
    HTML_VERDICT: "result", "結果";
    HTML_WHY_NOT: "why nothing can be done", "実行できない理由";
    HTML_BEFORE_AFTER: "before and after", "変更前と変更後";
    HTML_PICTURE: "the servers of {group} and their roles, before and after", "{group} のサーバーと役割 (変更前と変更後)";
    HTML_BEFORE: "before", "変更前";
    HTML_AFTER: "after", "変更後";
    HTML_MORE_SERVERS: "{n} more", "ほか {n} 台";
    HTML_TIMELINE: "what remains at every moment", "各時点で残る台数";
    HTML_MOMENT: "moment", "時点";
    HTML_START: "at the start", "開始時";
    HTML_REMAINS: "remaining then", "残る台数";
    HTML_MEANWHILE: "{n} meanwhile", "実行中は {n}";
    HTML_LOWEST: "never fewer than {n}", "最小 {n}";
    HTML_KEEP: "at least {n} demanded", "{n} 以上が必要 (keep)";
    HTML_DRAWN: "never fewer than {n} and at most {most} over all steps", "全ステップを通じて最小 {n}、最大 {most}";
    HTML_SERVERS: "servers, role and marks", "サーバーの役割と状態";
    HTML_SHORTEST: "length", "手順の長さ";
    HTML_GUARDS: "guards: {yes} yes, {unknown} unknown, {no} no", "条件: 成立 {yes}、不明 {unknown}、不成立 {no}";
    HTML_ANSWER: "answer", "判定";
    HTML_GUARD: "guard", "条件";
    HTML_BECAUSE: "because", "根拠";
    HTML_WAIVERS: "waivers", "免除";
    HTML_OWNER: "owner", "責任者";
    HTML_REASON: "reason", "理由";
    HTML_UNTIL: "last day", "最終日";
    HTML_NOTES: "notes", "注意";
    HTML_FACTS: "facts that the guards rely on", "条件が前提とする事実";
    HTML_FACT: "fact", "事実";
    HTML_VALUE: "value", "値";
    HTML_SEEN_BY: "seen by", "取得元";
    HTML_SEEN_AT: "when", "時刻";
    HTML_EVENTS: "What was done", "実行の記録";
    GROUP: "group", "グループ";
    SYSTEM: "system", "システム";
    CUT_ROWS: "{n} more are not shown here", "ほか {n} 件は省略";

    // A table.
    ROLES: "roles, lowest first", "役割 (下位から)";
    TABLE_MARKS: "marks", "マーク";
    TRANSITIONS: "transitions", "遷移";
    GUARD_LIST: "guards", "条件";
    LEADS: "leads the group", "グループに 1 台";
    NEEDS: "needs", "前提";
    SETS: "sets", "結果";
    SOURCE: "source", "出典";
    ABSOLUTE: "can't be waived", "免除不可";
    STATEMENT: "only where declared: {what}", "宣言がある場合のみ: {what}";
    ON_THIS: "on the server itself", "対象サーバー自身で";
    ON_LEADER: "on the leader", "最上位のサーバーで";
    ON_ANY: "on any server of the group", "グループの任意のサーバーで";
    ON_ANY_OTHER: "on any other server of the group", "対象以外の任意のサーバーで";
    OPERATOR: "operator", "手作業";
    AUTOMATIC: "automatic", "自動";
    UNTIL_THEN: "the leader until then", "それまでの最上位サーバー";
    OLD_LEADER: "the leader until then: {from} → {to}", "それまでの{from} → {to}";
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(text: &str) -> Vec<&str> {
        let mut places: Vec<&str> = text.split('{').skip(1).filter_map(|rest| rest.split('}').next()).collect();
        places.sort_unstable();
        places
    }

    #[test]
    fn every_phrase_says_the_same_in_both_languages() {
        assert!(ALL.len() > 100);
        for (name, words) in ALL {
            assert!(!words.en.is_empty() && !words.ja.is_empty(), "{name}");
            assert_eq!(places(words.en), places(words.ja), "{name}");
        }
    }
}
