-- name: frequent_grams(grams, singles)
-- How large a share of all matters hold frequent pairs of characters, or a character at the beginning of such
-- pairs; what is rare is not among the statistics. Empty before the first ANALYZE.
SELECT f.gram, f.share
FROM pg_stats s,
    unnest(s.most_common_elems::text::text[], s.most_common_elem_freqs) AS f (gram, share)
WHERE s.schemaname = current_schema() AND s.tablename = 'case_words_grams_idx'
  AND (f.gram = ANY(:grams) OR left(f.gram, 1) = ANY(:singles));
