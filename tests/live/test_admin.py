"""Administrators set everything from the pages: the main path of each, and each refusal, on a real server."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import sound
from centre import until
from playwright.sync_api import Page, expect
from staff import Staff

MARKUP = "<img src=x onerror=alert(1)>"
DROP = """
([name, bytes]) => {
  const files = new DataTransfer();
  files.items.add(new File([new Uint8Array(bytes)], name, { type: 'audio/wav' }));
  const place = document.querySelector('.drop');
  for (const kind of ['dragover', 'drop'])
    place.dispatchEvent(new DragEvent(kind, { dataTransfer: files, bubbles: true, cancelable: true }));
}
"""


class Sounds(Staff):
    def wave(self, name: str, frequency: float = 500, seconds: float = 1) -> Path:
        folder = Path(tempfile.mkdtemp(prefix="cordboard-test-"))
        return sound.write(folder / name, sound.tone(frequency, seconds))

    def test_r33_a_sound_is_uploaded_heard_used_and_kept_while_it_is_in_use(self) -> None:
        page = self.open("sounds")
        page.get_by_text("Comes with Cordboard").first.wait_for()
        page.get_by_label("Choose a file").set_input_files(self.wave(f"{MARKUP}.wav"))
        row = page.get_by_role("row").filter(has_text=MARKUP)
        row.wait_for()
        expect(page.get_by_text("is in the library.")).to_be_visible()
        with page.expect_response("**/api/v1/sounds/*.wav"):
            row.get_by_role("button", name="Play").click()
        file = next(each["file"] for each in self.ask("GET", "/api/v1/sounds") if not each["shipped"])

        page.goto(self.url("/admin#queues/1"))
        page.get_by_role("heading", name="Support").wait_for()
        greeting = page.get_by_role("group", name="Greeting")
        greeting.get_by_label("Sound", exact=True).last.select_option(file)
        self.save(page)
        page.get_by_text("Saved", exact=True).wait_for()
        self.assertEqual(self.ask("GET", "/api/v1/settings/queues/1")["greeting"], {"file": file})

        page.goto(self.url("/admin#sounds"))
        row.get_by_role("button", name="Delete").click()
        row.get_by_role("button", name="Delete: really?").click()
        expect(page.get_by_role("alert")).to_contain_text("This sound is in use.")
        expect(row).to_be_visible()
        queue = self.ask("GET", "/api/v1/settings/queues/1")
        self.ask("PUT", "/api/v1/settings/queues/1", {**queue, "greeting": {"file": "greeting.wav"}})
        row.get_by_role("button", name="Delete").click()
        row.get_by_role("button", name="Delete: really?").click()
        expect(row).to_have_count(0)

    def test_files_are_dropped_and_those_that_are_none_refused_with_the_reason(self) -> None:
        page = self.open("sounds")
        page.get_by_text("Comes with Cordboard").first.wait_for()
        page.evaluate(DROP, ["Dropped.wav", list(self.wave("dropped.wav", 700).read_bytes())])
        page.get_by_role("cell", name="Dropped", exact=True).wait_for()
        page.evaluate(DROP, ["no sound.wav", list(b"this is no sound" * 20)])
        expect(page.get_by_role("status").filter(has_text="no sound.wav:")).to_be_visible()
        large = {"name": "large.wav", "mimeType": "audio/wav", "buffer": bytes(4 * 1024 * 1024 + 1)}
        page.get_by_label("Choose a file").set_input_files(large)
        expect(page.get_by_text("large.wav is larger than 4 MiB.")).to_be_visible()
        self.assertEqual([each["name"] for each in self.ask("GET", "/api/v1/sounds") if not each["shipped"]], ["Dropped"])


class Strategies(Staff):
    def test_r42_a_strategy_speaks_is_heard_before_it_is_saved_and_has_codes(self) -> None:
        self.ask("POST", "/api/v1/settings/callback-configurations", {"name": "Later"})
        page = self.open("strategies/new")
        page.get_by_label("Name (needed)").fill(f"Calm {MARKUP}")
        page.get_by_label("For these senders").fill("+4930555*")
        page.get_by_role("group", name="Announcement").get_by_label("On").check()
        announcement = page.get_by_role("group", name="Announcement")
        announcement.get_by_label("Text", exact=True).fill("You are the ")
        announcement.get_by_role("button", name="Insert the place in line").click()
        expect(announcement.get_by_label("Text", exact=True)).to_have_value("You are the {position}")
        announcement.get_by_label("number: “two”").check()
        with page.expect_response("**/api/v1/speech/preview") as heard:
            announcement.get_by_role("button", name="Listen").click()
        self.assertEqual(heard.value.status, 200)
        self.assertEqual(heard.value.headers["content-type"], "audio/wav")
        announcement.get_by_role("button", name="Add What callers may press").click()
        announcement.get_by_label("Keys (needed)").fill("12x")
        announcement.get_by_label("Calls them back as (needed)").select_option("Later")
        self.save(page)
        keys = announcement.get_by_label("Keys (needed)")
        expect(keys).to_have_attribute("aria-invalid", "true")
        keys.fill("12")

        page.get_by_role("group", name="Longest wait").get_by_label("On").check()
        wait = page.get_by_role("group", name="Longest wait")
        wait.get_by_label("Callers wait at most").fill("90")
        expect(wait.get_by_text("= 1 min 30 s")).to_be_visible()
        other = wait.get_by_label("What follows").locator("option", has_text="Another queue")
        self.assertTrue(other.is_disabled(), "R26: a sender has no queue to go on to")
        self.save(page)
        page.get_by_role("link", name="Calm").wait_for()
        made = self.ask("GET", "/api/v1/settings/strategies")[0]
        self.assertEqual(made["announcement"]["position"], "cardinal")
        self.assertEqual(made["announcement"]["codes"], [{"digits": "12", "callback": "Later"}])
        self.assertEqual(made["max_wait"]["after_s"], 90)

        page.goto(self.url("/admin#callback-configurations/1"))
        page.get_by_role("button", name="Delete").click()
        page.get_by_role("button", name="Delete: really?").click()
        expect(page.get_by_role("alert").filter(has_text="in use")).to_contain_text("strategy")
        page.goto(self.url("/admin#strategies"))
        page.get_by_role("link", name="Calm").click()
        page.get_by_role("button", name="Delete").click()
        page.get_by_role("button", name="Delete: really?").click()
        page.get_by_text("Nothing yet.").wait_for()

    def test_a_voice_that_lacks_a_form_has_it_greyed_out(self) -> None:
        voices = self.ask("GET", "/api/v1/voices")["voices"]
        poor = next((each for each in voices if 0 < len(each["positions"]) < 3), None)
        if poor is None:
            self.skipTest("every voice here can say every form")
        page = self.open("queues/1")
        page.get_by_role("heading", name="Support").wait_for()
        announcement = page.get_by_role("group", name="Announcement")
        announcement.get_by_label("Spoken text").check()
        announcement.get_by_label("Text", exact=True).fill("{position}")
        announcement.get_by_label("Language", exact=True).select_option(poor["language"].split("-")[0])
        announcement.get_by_label("Voice", exact=True).select_option(poor["name"])
        for form, name in [("ordinal", "ordinal"), ("cardinal", "number"), ("adaptive", "as suits")]:
            choice = announcement.get_by_role("radio", name=name)
            self.assertEqual(choice.is_disabled(), form not in poor["positions"], form)


class Hours(Staff):
    def test_r65_hours_have_a_calendar_and_say_what_holds_before_they_are_saved(self) -> None:
        page = self.open("hours/new", timezone_id="UTC")
        page.get_by_label("Name (needed)").fill("Office")
        page.get_by_label("Time zone (needed)").fill("Europe/Berlin")
        week = page.get_by_role("group", name="Usual week")
        for day in ("Mon", "Tue", "Wed", "Thu", "Fri"):
            expect(week.get_by_label(day)).to_be_checked()
        week.get_by_label("Sat").check()
        week.get_by_label("To (needed)").fill("17:00")
        holds = page.get_by_role("region", name="What holds")
        # A Wednesday.
        holds.get_by_label("At").fill("2031-01-01T10:00")
        expect(holds.get_by_role("status")).to_contain_text("Open at")
        # The calendar is of this month: the holiday is written instead.
        page.get_by_role("button", name="Add Holidays").click()
        holidays = page.get_by_role("group", name="Holidays")
        holidays.get_by_label("Day (needed)").fill("2031-01-01")
        holidays.get_by_label("What it is called").fill("<b>New Year</b>")
        expect(holds.get_by_role("status")).to_contain_text("It is a holiday: <b>New Year</b>.")
        pressed = holidays.locator(".day").nth(9)
        pressed.click()
        expect(pressed).to_have_attribute("aria-pressed", "true")
        self.assertEqual(holidays.get_by_label("Day (needed)").count(), 2)
        pressed.click()
        self.assertEqual(holidays.get_by_label("Day (needed)").count(), 1)
        week.get_by_label("From (needed)").fill("nine")
        expect(holds.get_by_role("status")).to_contain_text("This cannot be said yet")
        self.save(page)
        expect(week.get_by_label("From (needed)")).to_have_attribute("aria-invalid", "true")
        week.get_by_label("From (needed)").fill("09:00")
        self.save(page)
        page.get_by_role("link", name="Office").wait_for()
        made = self.ask("GET", "/api/v1/settings/hours/1")
        self.assertEqual(made["holidays"], [{"date": "2031-01-01", "name": "<b>New Year</b>", "open": []}])

        page.goto(self.url("/admin#queues/1"))
        page.get_by_label("Working hours").select_option("Office")
        self.save(page)
        page.get_by_text("Saved", exact=True).wait_for()
        page.goto(self.url("/admin#hours/1"))
        page.get_by_role("button", name="Delete", exact=False).last.click()
        page.get_by_role("button", name="Delete: really?").click()
        expect(page.get_by_role("alert").filter(has_text="in use")).to_contain_text('queue "Support"')


class Programs(Staff):
    def test_a_key_is_shown_once_is_good_for_what_it_says_and_is_revoked(self) -> None:
        page = self.open("keys")
        page.get_by_role("button", name="Make a key").click()
        page.get_by_label("Name").fill("not a name")
        page.get_by_role("button", name="Make a key").click()
        expect(page.get_by_label("Name")).to_have_attribute("aria-invalid", "true")
        page.get_by_text("must have at least one").or_(page.get_by_text("is missing")).first.wait_for()
        page.get_by_label("Name").fill("wallboard")
        page.get_by_label("See who waits and talks").check()
        page.get_by_role("button", name="Make a key").click()
        key = page.locator(".secret").inner_text()
        bearer = {"authorization": f"Bearer {key}"}
        self.assertIn("queues", self.ask("GET", "/api/v1/live", headers=bearer))
        self.assertEqual(self.ask("GET", "/api/v1/settings", headers=bearer), 403)
        page.reload()
        page.get_by_role("cell", name="wallboard", exact=True).wait_for()
        self.assertNotIn(key, page.content())
        page.get_by_role("button", name="Revoke").click()
        page.get_by_role("button", name="Revoke: really?").click()
        page.get_by_text("Nothing yet.").wait_for()
        self.assertEqual(self.ask("GET", "/api/v1/live", headers=bearer), 401)

    def test_b15_a_webhook_says_what_was_sent_and_why_it_was_not_taken(self) -> None:
        page = self.open("webhooks")
        page.get_by_role("button", name="Add").click()
        page.get_by_label("Address").fill("ftp://example.com")
        self.save(page)
        page.get_by_text("must be an address").wait_for()
        # In our own network, where nothing may be sent (H16).
        page.get_by_label("Address").fill("http://127.0.0.1:9/hook")
        self.save(page)
        page.get_by_text("is shown this once").wait_for()
        self.assertTrue(page.locator(".secret").inner_text().startswith("whsec_"))
        account = self.ask("GET", "/api/v1/settings/timeouts")
        self.ask("PUT", "/api/v1/settings/timeouts", {**account, "agent_s": 20})
        page.get_by_role("button", name="Open").click()
        page.get_by_text("is in a network of our own").first.wait_for()
        page.get_by_text("Everything was taken, or is still being tried.").wait_for()
        page.get_by_role("button", name="Delete").click()
        page.get_by_role("button", name="Delete: really?").click()
        page.get_by_text("Nothing yet.").wait_for()


class Exchange(Staff):
    def test_b20_a_file_shows_what_it_changes_before_anything_does_and_is_taken_back(self) -> None:
        page = self.open("exchange")
        page.get_by_text("in force", exact=True).wait_for()
        with page.expect_download() as saved:
            page.get_by_role("button", name="Save as a file").click()
        text = Path(saved.value.path()).read_text()
        self.assertIn('name = "Support"', text)
        changed = text.replace('"Support"', '"Help <b>us</b>"')
        choose = page.get_by_label("Read from a file")
        choose.set_input_files({"name": "new.toml", "mimeType": "text/plain", "buffer": changed.encode()})
        changes = page.get_by_role("region", name="Changes")
        expect(changes).to_contain_text("queue[0].name")
        expect(changes.locator("ins").filter(has_text="Help <b>us</b>").first).to_be_visible()
        self.assertEqual(self.ask("GET", "/api/v1/settings/queues/1")["name"], "Support", "nothing has changed yet")
        changes.get_by_role("button", name="Put it in force").click()
        changes.get_by_role("button", name="Put it in force: really?").click()
        page.get_by_text("new.toml is in force.").wait_for()
        self.assertEqual(self.ask("GET", "/api/v1/settings/queues/1")["name"], "Help <b>us</b>")

        page.get_by_role("button", name="Compare").first.click()
        expect(changes.locator("ins").filter(has_text="Support").first).to_be_visible()
        changes.get_by_role("button", name="Put it in force").click()
        changes.get_by_role("button", name="Put it in force: really?").click()
        page.get_by_text("is in force.").wait_for()
        until("it is as it was", lambda: self.ask("GET", "/api/v1/settings/queues/1")["name"] == "Support")

        broken = {"name": "broken.toml", "mimeType": "text/plain", "buffer": b"[queue"}
        choose.set_input_files(broken)
        expect(page.get_by_role("alert").filter(has_text="no TOML")).to_be_visible()
        wrong = {"name": "wrong.toml", "mimeType": "text/plain", "buffer": b"[timeouts]\nagent_s = 2\n"}
        choose.set_input_files(wrong)
        expect(page.get_by_role("alert").filter(has_text="timeouts.agent_s")).to_be_visible()


class Settings(Staff):
    def test_r92_what_is_recorded_changes_while_recording_is_off(self) -> None:
        self.ask("PUT", "/api/v1/settings/recording", {"enabled": True})
        page = self.open("recording")
        expect(page.get_by_label("Which calls")).to_be_disabled()
        page.get_by_label("Record calls").uncheck()
        self.save(page)
        page.get_by_text("Saved", exact=True).wait_for()
        page.get_by_label("Which calls").select_option("outbound")
        page.get_by_label("Record calls").check()
        self.save(page)
        until("it is saved", lambda: self.ask("GET", "/api/v1/settings/recording").get("direction") == "outbound")
        expect(page.get_by_label("Which calls")).to_be_disabled()

    def test_r49_the_server_says_what_is_wrong_beside_the_field_and_the_default_is_one_press_away(self) -> None:
        page = self.open("timeouts")
        ring = page.get_by_label("An agent's phone rings for")
        for wrong in ("2", "61"):
            ring.fill(wrong)
            self.save(page)
            expect(ring).to_have_attribute("aria-invalid", "true")
            expect(page.locator("form")).to_contain_text("3 to 60")
        ring.fill("60")
        self.save(page)
        page.get_by_text("Saved", exact=True).wait_for()
        page.get_by_role("button", name="Back to the default An agent's phone rings for").click()
        self.save(page)
        until("the default holds", lambda: self.ask("GET", "/api/v1/settings/timeouts").get("agent_s", 30) == 30)

    def test_r155_an_agent_who_serves_a_queue_is_not_deleted_and_the_page_says_which(self) -> None:
        page = self.open("agents/1")
        page.get_by_role("button", name="Delete").click()
        page.get_by_role("button", name="Delete: really?").click()
        expect(page.get_by_role("alert").filter(has_text="in use")).to_contain_text('queue "Support"')

    def test_who_serves_a_queue_is_chosen_by_name_in_an_order(self) -> None:
        page = self.open("queues/1")
        names = page.get_by_role("group", name="Who serves it")
        names.get_by_role("listitem").first.wait_for()
        before = self.ask("GET", "/api/v1/settings/queues/1")["agents"]
        names.get_by_role("button", name="up").first.click()
        names.get_by_role("button", name="Remove").last.click()
        self.save(page)
        page.get_by_text("Saved", exact=True).wait_for()
        after = self.ask("GET", "/api/v1/settings/queues/1")["agents"]
        self.assertEqual(after, [before[1], before[0], *before[2:]][:-1])
        names.get_by_label("All, also those who come later").check()
        self.save(page)
        until("all serve it", lambda: "agents" not in self.ask("GET", "/api/v1/settings/queues/1") or
              len(self.ask("GET", "/api/v1/settings/queues/1")["agents"]) == len(before))  # fmt: skip

    def test_two_administrators_do_not_overwrite_each_other(self) -> None:
        page = self.open("wrap-up")
        page.get_by_label("Agents have after-call work").check()
        self.ask("PUT", "/api/v1/settings/reasons", {"not_ready": ["Break"]})
        self.save(page)
        expect(page.get_by_role("alert").filter(has_text="Somebody else has changed")).to_be_visible()

    def test_the_server_says_how_it_is(self) -> None:
        page = self.open("system")
        page.get_by_text("The server is well").wait_for()
        self.assertIn("SQLite", page.locator("main").inner_text())
        line = page.locator(".facts-list > div").filter(has_text="Signalling of browsers")
        expect(line).to_contain_text("reaches the server")

    def test_a_supervisor_is_bound_to_teams_that_agents_are_in(self) -> None:
        page = self.open("users")
        page.get_by_role("button", name="Add").click()
        page.get_by_label("Role").select_option("supervisor")
        page.get_by_text("No agent is in a team yet").wait_for()
        page.goto(self.url("/admin#agents/1"))
        page.get_by_label("Teams").fill(f"Sales\n{MARKUP}")
        self.save(page)
        page.get_by_text("Saved", exact=True).wait_for()
        self.assertEqual(self.ask("GET", "/api/v1/settings/agents/1")["teams"], ["Sales", MARKUP])

        page.goto(self.url("/admin#users"))
        page.get_by_role("button", name="Add").click()
        teams = page.get_by_role("group", name="Sees the teams")
        expect(teams).to_have_count(0)
        page.get_by_label("Name").fill("sue")
        page.get_by_label("Role").select_option("supervisor")
        expect(teams.get_by_role("checkbox")).to_have_count(2)
        teams.get_by_label("Sales").check()
        page.get_by_label("Password").fill("a password of sue")
        self.save(page)
        expect(page.get_by_role("row", name="sue")).to_contain_text("Sales")
        made = next(each for each in self.ask("GET", "/api/v1/users") if each["name"] == "sue")
        self.assertEqual((made["role"], made["teams"]), ("supervisor", ["Sales"]))

        # Nobody is in the team any more: it is shown, so that it can be taken away.
        agent = self.ask("GET", "/api/v1/settings/agents/1")
        self.ask("PUT", "/api/v1/settings/agents/1", {**agent, "teams": []})
        page.reload()
        page.get_by_role("button", name="Change sue").click()
        self.save(page)
        expect(teams).to_contain_text("no agent is in a team")
        teams.get_by_label("Sales").uncheck()
        self.save(page)
        until("sue sees everybody", lambda: self.ask("GET", f"/api/v1/users/{made['id']}")["teams"] == [], 15,
              lambda: page.wait_for_timeout(50))  # fmt: skip

    def test_nobody_but_administrators_gets_here(self) -> None:
        self.ask("POST", "/api/v1/users", {"name": "ada", "role": "agent", "password": "a password of ada", "agent": 1})
        page: Page = self.browser.page()
        page.goto(self.url("/admin"))
        page.get_by_role("heading", name="Log in to Cordboard").wait_for()
        page.get_by_label("Name").fill("ada")
        page.get_by_label("Password").fill("a password of ada")
        page.get_by_role("button", name="Log in").click()
        page.wait_for_url("**/desk")
        self.assertEqual(json.loads(page.evaluate("fetch('/api/v1/keys').then((answer) => answer.text())"))["status"], 403)
