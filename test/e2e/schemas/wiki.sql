-- A wiki as MediaWiki keeps it: binary strings, timestamps of fourteen digits.
CREATE TABLE page (page_id int unsigned NOT NULL PRIMARY KEY AUTO_INCREMENT, page_namespace int NOT NULL, page_title varchar(255) binary NOT NULL, page_is_new tinyint unsigned NOT NULL default 0, page_random real unsigned NOT NULL, page_touched binary(14) NOT NULL default '', page_len int unsigned NOT NULL) DEFAULT CHARSET=binary;
CREATE TABLE revision (rev_id int unsigned NOT NULL PRIMARY KEY AUTO_INCREMENT, rev_page int unsigned NOT NULL, rev_comment tinyblob NOT NULL, rev_user_text varchar(255) binary NOT NULL default '', rev_timestamp binary(14) NOT NULL default '') DEFAULT CHARSET=binary;
CREATE TABLE site_stats (ss_row_id int unsigned NOT NULL, ss_total_edits bigint unsigned default 0, UNIQUE KEY ss_row_id (ss_row_id)) DEFAULT CHARSET=binary;
INSERT INTO page (page_namespace, page_title, page_random, page_touched, page_len) VALUES (0,'Main_Page',0.25,'20200101000000',10),(1,'Zoë',0.5,'20200102',20);
INSERT INTO revision (rev_page, rev_comment, rev_user_text, rev_timestamp) VALUES (1,'first','Ann','20200101000000'),(2,'','é','20200102000000');
INSERT INTO site_stats VALUES (1,5);
ALTER TABLE page ADD COLUMN page_content_model varbinary(32) DEFAULT NULL;
ALTER TABLE page ADD page_lang varbinary(35) DEFAULT NULL AFTER page_len, ADD page_links_updated varbinary(14) NULL default NULL;
ALTER TABLE revision MODIFY rev_comment varbinary(767) NOT NULL default '';
ALTER TABLE revision ADD rev_sha1 varbinary(32) NOT NULL default '', ADD rev_len int unsigned, ADD rev_deleted tinyint unsigned NOT NULL default '0';
ALTER TABLE revision CHANGE rev_user_text rev_actor_name varchar(255) binary NOT NULL default 'nobody';
ALTER TABLE site_stats MODIFY ss_total_edits bigint unsigned DEFAULT NULL, DROP INDEX ss_row_id, ADD PRIMARY KEY (ss_row_id);
ALTER TABLE site_stats ADD ss_users bigint default '-1';
ALTER TABLE page MODIFY page_touched varbinary(14) NOT NULL;
ALTER TABLE revision MODIFY rev_id bigint unsigned NOT NULL AUTO_INCREMENT, MODIFY rev_page bigint unsigned NOT NULL;
ALTER TABLE page MODIFY page_title varbinary(255) NOT NULL, ALTER COLUMN page_len SET DEFAULT 0;
ALTER TABLE revision ADD rev_format binary(4) NOT NULL default 'txt';
INSERT INTO page (page_namespace, page_title, page_random, page_touched) VALUES (2,'x',1,'20220101000000');
