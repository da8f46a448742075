from __future__ import annotations

from gateway.settings.draft import read_all


def test_names_are_taken_from_pieces_that_are_wrong_otherwise(config):
    config.edit("queues.toml", "wrap_up_s = 20", "wrap_up_s = -1")
    draft = read_all(config.directory, {})
    assert "hotline" in draft.known("queue")
    assert "hotline" not in {queue.value.id for queue in draft.queues}


def test_of_a_file_that_cannot_be_read_every_name_is_known(config):
    (config.directory / "partners.toml").unlink()
    assert "anything" in read_all(config.directory, {}).known("partner")


def test_a_single_table_where_several_belong_is_told(config):
    (config.directory / "entries.toml").write_text('[entry]\nnumber = "12345"\n', encoding="utf-8")
    assert any("write [[entry]] with two brackets" in error for error in config.errors())


def test_two_flows_of_one_id_are_told(config):
    text = (config.directory / "ivr/greeting.toml").read_text(encoding="utf-8")
    (config.directory / "ivr/zz.toml").write_text(text, encoding="utf-8")
    assert any('"greeting" is also the id of ivr/greeting.toml' in error for error in config.errors())


def test_an_error_inside_a_flow_names_its_node(config):
    config.edit("ivr/greeting.toml", "barge_in = false", "barge_inn = false")
    assert 'nodes.welcome.barge_inn: unknown key. Did you mean "barge_in"?' in config.only()
