-- depends: 0130_lists
-- The same pairs of characters from a function whose statement is planned once per session: as a function in SQL, it was
-- planned anew for every matter filed, for longer than it then took.

CREATE OR REPLACE FUNCTION search_grams(content text, area text) RETURNS tsvector
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN (
        SELECT COALESCE(array_to_tsvector(array_agg(DISTINCT gram)), '')
        FROM (
            SELECT one || COALESCE(lead(one) OVER (ORDER BY place), '')
            FROM unnest(string_to_array(content, NULL)) WITH ORDINALITY AS characters (one, place)
            UNION ALL
            SELECT 'area' || left(area, digits) FROM unnest(ARRAY[9, 12, 15, 17]) AS digits
            WHERE digits <= length(area)
        ) AS grams (gram)
    );
END
$$;
