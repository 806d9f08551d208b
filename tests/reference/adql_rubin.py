"""Queries of the Rubin Observatory's tutorials on images (DP0.2 02c, DP1 103.3, 103.4, 301, the
Portal's examples), and what they find. Only the table's name is another where a notebook has one of
its own (dp02_dc2_catalogs.ObsCore)."""

LONG = ("dataproduct_type,dataproduct_subtype,calib_level,lsst_band,em_min,em_max,lsst_tract,"
        "lsst_patch,lsst_filter,lsst_visit,lsst_detector,t_exptime,t_min,t_max,s_ra,s_dec,s_fov,"
        "obs_id,obs_collection,o_ucd,facility_name,instrument_name,obs_title,s_region,access_url,"
        "access_format")


def cases(world):
    """(name, query, what a row must satisfy); each answer is told by its identifiers."""
    def holds(lon, lat):
        return lambda row: world.in_region(row, lon, lat)

    def near(lon, lat, radius):
        return lambda row: (world.distance(row, lon, lat) or 999) <= radius

    def wave(metres):
        return lambda row: row["em_min"] <= metres <= row["em_max"]

    def equal(**values):
        return lambda row: all(row[name] == value for name, value in values.items())

    def every(*conditions):
        return lambda row: all(condition(row) for condition in conditions)

    yield ("all images at a point", "SELECT * FROM ivoa.ObsCore WHERE CONTAINS(POINT('ICRS', 62.0, "
           "-37.0), s_region) = 1", holds(62, -37))
    yield ("one band and level at a point", "SELECT * FROM ivoa.ObsCore WHERE CONTAINS(POINT('ICRS', "
           "62.0, -37.0), s_region) = 1 AND lsst_band = 'i' AND calib_level = 2",
           every(holds(62, -37), equal(lsst_band="i", calib_level=2)))
    yield ("deep coadds of a band", f"SELECT {LONG} FROM ivoa.ObsCore WHERE obs_collection = "
           "'LSST.DP2'\n        AND dataproduct_subtype = 'lsst.deep_coadd'\n        AND lsst_band = "
           "'r'\n        AND CONTAINS(POINT('ICRS', 53.0, -28.0), s_region)=1",
           every(holds(53, -28), equal(obs_collection="LSST.DP2", lsst_band="r",
                                       dataproduct_subtype="lsst.deep_coadd")))
    yield ("a visit's detector", "SELECT access_format, access_url, dataproduct_subtype, lsst_visit, "
           "lsst_detector, lsst_band FROM ivoa.ObsCore WHERE dataproduct_type = 'image' AND "
           "obs_collection = 'LSST.DP02' AND dataproduct_subtype = 'lsst.calexp' AND lsst_visit = "
           "2024110000005 AND lsst_detector = 3",
           equal(dataproduct_type="image", obs_collection="LSST.DP02", lsst_visit=2024110000005,
                 dataproduct_subtype="lsst.calexp", lsst_detector=3))
    yield ("47 Tuc", "SELECT dataproduct_type, dataproduct_subtype, calib_level, lsst_band,\n em_min, "
           "em_max, lsst_tract, lsst_patch,\n s_ra, s_dec, s_fov, s_region, s_xel1, s_xel2, obs_id, "
           "obs_collection, o_ucd,\n facility_name, instrument_name, obs_title, access_url,\n "
           "access_format, obs_publisher_did\n FROM ivoa.ObsCore\n WHERE obs_collection = 'LSST.DP1' "
           "AND calib_level = 3 AND dataproduct_type = 'image'\n AND instrument_name = 'LSSTComCam' "
           "AND dataproduct_subtype = 'lsst.deep_coadd'\n AND CONTAINS(POINT('ICRS', 6.128, -72.090), "
           "s_region)=1",
           every(holds(6.128, -72.09),
                 equal(obs_collection="LSST.DP1", calib_level=3, dataproduct_type="image",
                       instrument_name="LSSTComCam", dataproduct_subtype="lsst.deep_coadd")))
    yield ("a patch of a tract", f"SELECT {LONG}\n  FROM ivoa.ObsCore\n  WHERE calib_level = 3 AND "
           "dataproduct_type = 'image' AND dataproduct_subtype = 'lsst.deep_coadd'\n AND "
           "CONTAINS(POINT('ICRS', 59.1, -48.73), s_region)=1\n AND (755e-9 BETWEEN em_min AND "
           "em_max)\n AND (lsst_tract = 2394 AND lsst_patch = 25)",
           every(holds(59.1, -48.73), wave(755e-9),
                 equal(calib_level=3, dataproduct_type="image", lsst_tract=2394, lsst_patch=25,
                       dataproduct_subtype="lsst.deep_coadd")))
    for lon, lat in ((53.0, -28.0), (6.128, -72.090), (62.0, -37.0)):
        yield (f"patches about {lon} {lat}", "SELECT dataproduct_type, dataproduct_subtype, lsst_band "
               "FROM ivoa.ObsCore WHERE obs_collection = 'LSST.DP1' AND calib_level = 3 AND "
               "dataproduct_type = 'image' AND instrument_name = 'LSSTComCam' AND dataproduct_subtype "
               f"= 'lsst.deep_coadd' AND CONTAINS(POINT('ICRS', s_ra, s_dec), CIRCLE('ICRS', {lon}, "
               f"{lat}, 1))=1 AND ( 622e-9 BETWEEN em_min AND em_max )",
               every(near(lon, lat, 1), wave(622e-9),
                     equal(obs_collection="LSST.DP1", calib_level=3, dataproduct_type="image",
                           instrument_name="LSSTComCam", dataproduct_subtype="lsst.deep_coadd")))
    yield ("between two dates", f"SELECT {LONG} \nFROM ivoa.ObsCore \nWHERE CONTAINS(POINT('ICRS', 62, "
           "-37), s_region)=1 \nAND calib_level = 2 \nAND dataproduct_type = 'image' \nAND ( t_min <= "
           "61000 AND 60900 <= t_max ) \nAND ( 600e-9 BETWEEN em_min AND em_max )",
           every(holds(62, -37), wave(600e-9), equal(calib_level=2, dataproduct_type="image"),
                 lambda row: row["t_min"] is not None and row["t_min"] <= 61000
                 and row["t_max"] >= 60900))
    yield ("bands of a visit", "SELECT lsst_visit, lsst_detector, lsst_tract, lsst_patch, lsst_band,s_ra,"
           " s_dec, t_min, t_max, s_region\nFROM ivoa.ObsCore\nWHERE calib_level = 2\nAND "
           "CONTAINS(POINT('ICRS', 53.0,-28.0), s_region) = 1\nAND (lsst_band = 'g' OR lsst_band = 'r' "
           "OR lsst_band = 'i')\n",
           every(holds(53, -28), equal(calib_level=2), lambda row: row["lsst_band"] in "gri"))
    yield ("coadds of a band", "SELECT lsst_visit, lsst_band,\n lsst_tract, lsst_patch,\n s_ra, s_dec,\n "
           "s_region,\n access_url\n FROM ivoa.ObsCore\n WHERE (calib_level = 3)\n AND (lsst_band = "
           "'y')\n AND (dataproduct_subtype = 'lsst.deep_coadd')\n AND CONTAINS(POINT('ICRS', 53, "
           "-28), s_region) = 1",
           every(holds(53, -28), equal(calib_level=3, lsst_band="y",
                                       dataproduct_subtype="lsst.deep_coadd")))
