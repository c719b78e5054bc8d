-- The usage rule with its default numbers, over the same two files, as an analyst would write it for DuckDB.
-- Left out, to its advantage: rows that cannot be used, what conflicting repetitions were, when an episode escalated,
-- whether it recovered, what an incident holds back, and the report.

-- Repeated rows collapse to the larger n.
CREATE TABLE uses AS
SELECT account_id, user_id, occurred_at::TIMESTAMPTZ::DATE AS day, max(n) AS n
FROM read_csv($events, types = {'account_id': 'VARCHAR', 'user_id': 'VARCHAR', 'event': 'VARCHAR',
                                'occurred_at': 'VARCHAR', 'n': 'BIGINT'})
GROUP BY account_id, user_id, event, occurred_at;

-- An account that began more than a fortnight before the data is seen only from then on.
CREATE TABLE accounts AS
WITH data AS (SELECT min(day) AS first, max(day) AS last FROM uses),
     known AS (SELECT account_id, coalesce(segment, '-') AS segment, coalesce(usage_start, signup_date, first_use) AS start,
                      coalesce(least(churn_date - 1, observed_until), DATE '9999-12-31') AS until
               FROM read_csv($accounts, types = {'account_id': 'VARCHAR', 'segment': 'VARCHAR', 'usage_start': 'DATE',
                                                 'signup_date': 'DATE', 'churn_date': 'DATE', 'observed_until': 'DATE'})
               LEFT JOIN (SELECT account_id, min(day) AS first_use FROM uses GROUP BY account_id) USING (account_id))
SELECT account_id, segment, start, least(until, last) AS until,
       CASE WHEN first - start > 14 THEN first ELSE start END AS seen
FROM known, data;

CREATE TABLE daily AS
WITH inside AS (SELECT u.* FROM uses u JOIN accounts USING (account_id) WHERE day BETWEEN start AND until),
     new AS (SELECT account_id, day, count(*) AS new_users
             FROM (SELECT account_id, user_id, min(day) AS day FROM inside GROUP BY ALL) GROUP BY ALL)
SELECT account_id, day, sum(n) AS events, count(DISTINCT user_id) AS users, coalesce(any_value(new_users), 0) AS new_users
FROM inside LEFT JOIN new USING (account_id, day) GROUP BY account_id, day;

-- Every account on every day of its tenure.
CREATE TABLE sums AS
WITH grid AS (
    SELECT account_id, segment, start, seen, unnest(generate_series(seen, until, INTERVAL 1 DAY))::DATE AS day
    FROM accounts WHERE seen <= until)
SELECT account_id, segment, start, seen, day, day - start AS age,
       sum(coalesce(users, 0)) OVER (tenure ROWS 13 PRECEDING) AS index_sum, least(day - seen + 1, 14) AS index_days,
       sum(coalesce(users, 0)) OVER (tenure ROWS 89 PRECEDING) AS own_sum, least(day - seen + 1, 90) AS own_days,
       sum(coalesce(users, 0)) OVER tenure AS cumulative, sum(coalesce(new_users, 0)) OVER tenure AS known_users,
       day - coalesce(max(CASE WHEN users > 0 THEN day END) OVER tenure, seen - 1) AS silent_days
FROM grid LEFT JOIN daily USING (account_id, day)
WINDOW tenure AS (PARTITION BY account_id ORDER BY day);

-- Medians over the accounts that passed this day of tenure before: they started earlier.
CREATE TABLE medians AS
WITH points AS (
    SELECT account_id, segment, age, start,
           CASE WHEN seen > start THEN NULL WHEN age <= 29 THEN cumulative
                ELSE index_sum / nullif(index_days * known_users, 0) END AS point
    FROM sums WHERE age BETWEEN 3 AND 89)
SELECT account_id, age, CASE WHEN count(point) OVER own >= 5 THEN median(point) OVER own
                             WHEN count(point) OVER everybody >= 5 THEN median(point) OVER everybody END AS benchmark
FROM points
WINDOW own AS (PARTITION BY segment, age ORDER BY start
               RANGE BETWEEN UNBOUNDED PRECEDING AND INTERVAL 1 DAY PRECEDING),
       everybody AS (PARTITION BY age ORDER BY start
                     RANGE BETWEEN UNBOUNDED PRECEDING AND INTERVAL 1 DAY PRECEDING);

-- Each day's ratio; without one the reason why.
CREATE TABLE verdicts AS
WITH compared AS (
    SELECT sums.*, CASE
        WHEN age < 3 THEN 'too_new'
        WHEN age <= 29 AND seen > start THEN 'insufficient_baseline'
        WHEN age <= 29 AND coalesce(benchmark, 0) = 0 THEN 'no_benchmark'
        WHEN age > 29 AND own_sum < 5 AND silent_days >= 30 THEN 'dormant'
        WHEN age > 29 AND own_sum < 5 THEN 'insufficient_baseline'
        WHEN age BETWEEN 30 AND 89 AND benchmark IS NULL THEN 'no_benchmark' END AS reason,
        CASE WHEN age <= 29 THEN cumulative ELSE index_sum / index_days END AS index,
        CASE WHEN age <= 29 THEN benchmark
             WHEN age <= 89 THEN (own_sum + (90 - own_days) * benchmark * known_users) / 90
             ELSE own_sum / own_days END AS baseline
    FROM sums LEFT JOIN medians USING (account_id, age))
SELECT account_id, seen, day, index_sum, reason, CASE WHEN reason IS NULL THEN round(index / baseline, 9) END AS ratio
FROM compared;

-- Low from the day the ratio falls below .60 until the day it is back at .70.
CREATE TABLE days AS
SELECT *, coalesce(last_value(CASE WHEN ratio < 0.6 THEN 1 WHEN ratio >= 0.7 THEN 0 END IGNORE NULLS)
                   OVER (PARTITION BY account_id ORDER BY day), 0) AS low
FROM verdicts;

CREATE TABLE episodes AS
SELECT account_id, min(day) AS opened_on, max(day) AS last_low_day, min(ratio) < 0.4 AS severe
FROM (SELECT *, sum(opens) OVER (PARTITION BY account_id ORDER BY day) AS episode
      FROM (SELECT *, low - coalesce(lag(low) OVER (PARTITION BY account_id ORDER BY day), 0) = 1 AS opens FROM days))
WHERE low = 1 GROUP BY account_id, episode;

-- Days on which the portfolio's median account lost more than a fifth in a week.
CREATE TABLE incidents AS
SELECT day, median(index_sum / before) AS shift
FROM (SELECT day, day - seen + 1 AS seen_days, index_sum,
             lag(index_sum, 7) OVER (PARTITION BY account_id ORDER BY day) AS before FROM days)
WHERE seen_days >= 21 AND before > 0 GROUP BY day HAVING count(*) >= 20 AND shift < 0.8;
