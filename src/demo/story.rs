//! The main job, played through the real interface: each step is checked, and said as a person would want to
//! read it.

use super::{Access, seed};
use crate::app::App;
use crate::cli::out;
use crate::domain::calendar::{Calendar, local_date};
use crate::integrations::mail::mailbox::{self, CapturedMail};
use anyhow::{Context, bail, ensure};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode, redirect};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::time::Duration;

/// How long the story waits for the job runner.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often it looks.
const GLANCE: Duration = Duration::from_millis(200);

/// How long the manager reads.
const READING: Duration = Duration::from_millis(3_500);

/// Everything that the story needs.
pub(super) struct Stage {
    base: String,
    mails: PathBuf,
    client: Client,
    client_id: String,
    secret: String,
    end: chrono::NaiveDate,
    device: Device,
}

/// The handset that the story is about.
struct Device {
    serial: &'static str,
}

impl Device {
    fn last_four(&self) -> &str {
        self.serial
            .get(self.serial.len().saturating_sub(4)..)
            .unwrap_or_default()
    }
}

impl Stage {
    pub(super) fn new(app: &App, access: &Access, mails: PathBuf) -> anyhow::Result<Self> {
        let client = Client::builder()
            .no_proxy()
            .cookie_store(true)
            .redirect(redirect::Policy::none())
            .timeout(Duration::from_secs(20))
            .build()?;
        let today = local_date(app.clock.now());
        Ok(Self {
            base: app.config.public_url.clone(),
            mails,
            client,
            client_id: access.client_id.to_string(),
            secret: access.secret.expose().to_owned(),
            // The next working day: the manager is asked one business day before it, which is now.
            end: Calendar::swedish().add_business_days(today, 1),
            device: Device {
                serial: seed::EXAMPLE_SERIAL,
            },
        })
    }

    /// Plays all of it.
    ///
    /// # Errors
    /// The first step that is not as it should be.
    pub(super) async fn play(self) -> anyhow::Result<()> {
        let token = self.token().await.context("getting an access token")?;
        say(1, "The systems have their accounts: an access token was issued.")?;
        let case = self.employment_ends(&token).await.context("HR reports the end")?;
        let mail = self
            .manager_is_asked(&case)
            .await
            .context("the manager is asked")?;
        let link = link_in(&mail).context("the mail has a link")?;
        self.link_is_opened(&token, &case, &link)
            .await
            .context("the link is opened")?;
        self.manager_confirms(&token, &case, &link)
            .await
            .context("the manager confirms")?;
        self.mdm_reports(&token, &case).await.context("the MDM reports")?;
        self.desk_finishes(&token, &case)
            .await
            .context("the desk finishes")?;
        self.receipt_is_there(&token, &case)
            .await
            .context("the receipt")?;
        self.nothing_more_is_asked(&token, &case)
            .await
            .context("after completion")?;
        out::line(format_args!(
            "\nThe case {} is complete: returned, wiped, codes settled, proved.",
            case.number
        ))
    }

    async fn token(&self) -> anyhow::Result<String> {
        let answer = self
            .client
            .post(format!("{}/oauth/token", self.base))
            .basic_auth(&self.client_id, Some(&self.secret))
            .form(&[("grant_type", "client_credentials")])
            .send()
            .await?;
        let body: Value = expect(answer, StatusCode::OK).await?.json().await?;
        text(&body, "/access_token")
    }

    async fn employment_ends(&self, token: &str) -> anyhow::Result<Case> {
        let path = format!(
            "/v1/sources/{}/employments/{}",
            seed::EXAMPLE_SOURCE,
            seed::EXAMPLE_EMPLOYMENT
        );
        let document: Value = serde_json::from_str(&seed::example_document(self.end)?)?;
        let deliver = || self.request(Method::PUT, &path, token).json(&document).send();
        let first: Value = expect(deliver().await?, StatusCode::OK).await?.json().await?;
        ensure!(
            word(&first, "outcome") == "applied",
            "the document was {}",
            word(&first, "outcome")
        );
        let case = Case {
            id: text(&first, "/termination/id")?,
            number: text(&first, "/termination/number")?,
        };
        say(
            2,
            &format!(
                "HR reports that an employment ends on {}. Case {} is opened.",
                self.end, case.number
            ),
        )?;
        let again: Value = expect(deliver().await?, StatusCode::OK).await?.json().await?;
        ensure!(
            word(&again, "outcome") == "unchanged",
            "the repeated document was {}",
            word(&again, "outcome")
        );
        ensure!(
            text(&again, "/termination/id")? == case.id,
            "a second case was opened"
        );
        say(3, "HR sends the same document again. Nothing happens twice.")?;
        Ok(case)
    }

    async fn manager_is_asked(&self, case: &Case) -> anyhow::Result<CapturedMail> {
        let mail = self.mail(&case.number, |mail| mail.text.contains("/c/")).await?;
        ensure!(mail.to.contains('@'), "the mail has no recipient");
        say(4, &format!("The manager gets a mail: \"{}\".", mail.subject))?;
        Ok(mail)
    }

    async fn link_is_opened(&self, token: &str, case: &Case, link: &str) -> anyhow::Result<()> {
        let before = self.case(token, case).await?;
        for _ in 0..2 {
            let page = expect(self.client.get(link).send().await?, StatusCode::OK)
                .await?
                .text()
                .await?;
            ensure!(
                page.contains(self.device.last_four()),
                "the page does not show the phone"
            );
            ensure!(!page.contains("<script"), "the page has a script");
            ensure!(!page.contains(" checked"), "an answer is chosen already");
        }
        ensure!(
            self.case(token, case).await? == before,
            "opening the link changed the case"
        );
        say(
            5,
            "The link is opened twice, as a mail scanner and a person would. Nothing has changed.",
        )?;
        let empty = self
            .client
            .post(link)
            .form(&[("csrf", self.csrf(link).await?)])
            .send()
            .await?;
        expect(empty, StatusCode::UNPROCESSABLE_ENTITY).await?;
        ensure!(
            self.case(token, case).await? == before,
            "an empty form changed the case"
        );
        say(
            6,
            "The form is sent without an answer. It asks again, and nothing has changed.",
        )?;
        Ok(())
    }

    async fn manager_confirms(&self, token: &str, case: &Case, link: &str) -> anyhow::Result<()> {
        // Nobody reads a mail and answers it within a second; what does is taken for a scanner.
        tokio::time::sleep(READING).await;
        let wrong = self.confirmation(link, "0000").await?;
        let refused = self.client.post(link).form(&wrong).send().await?;
        let is_refusal = [StatusCode::UNPROCESSABLE_ENTITY, StatusCode::CONFLICT].contains(&refused.status());
        ensure!(
            is_refusal,
            "a wrong serial number was answered with {}",
            refused.status()
        );
        say(
            7,
            "The manager types the wrong end of the serial number. The phone is not taken for returned.",
        )?;
        let right = self.confirmation(link, self.device.last_four()).await?;
        expect(
            self.client.post(link).form(&right).send().await?,
            StatusCode::SEE_OTHER,
        )
        .await?;
        let page = expect(self.client.get(link).send().await?, StatusCode::OK)
            .await?
            .text()
            .await?;
        ensure!(page.contains(&case.number), "the page does not name the case");
        say(
            8,
            "The manager confirms: back, reset, wiped, codes settled, and the number is to be reused.",
        )?;
        let detail = self.case(token, case).await?;
        for check in ["returned", "reset", "wiped", "codes", "number"] {
            ensure!(
                check_state(&detail, check) == Some("done"),
                "{check} is {:?}",
                check_state(&detail, check)
            );
        }
        ensure!(
            word(&detail, "state") != "completed",
            "the case is complete before the directory is updated"
        );
        Ok(())
    }

    /// The form as the manager fills it in.
    async fn confirmation(&self, link: &str, last_four: &str) -> anyhow::Result<Vec<(&'static str, String)>> {
        let filled = [
            ("answer", "confirm"),
            ("d0_have", "yes"),
            ("d0_serial", last_four),
            ("d0_condition", "intact"),
            ("d0_records", "yes"),
            ("d0_reset", "yes"),
            ("d0_wiped", "yes"),
            ("d0_accessories", "all"),
            ("d0_sim", "returned"),
            ("d0_code_screen_lock", "not_needed_after_wipe"),
            ("d0_code_sim_pin", "received"),
            ("d0_code_other", "not_applicable"),
            ("s0_number", "reuse"),
        ];
        let mut form = vec![("csrf", self.csrf(link).await?)];
        form.extend(filled.map(|(name, value)| (name, value.to_owned())));
        Ok(form)
    }

    async fn csrf(&self, link: &str) -> anyhow::Result<String> {
        let page = expect(self.client.get(link).send().await?, StatusCode::OK)
            .await?
            .text()
            .await?;
        let (_, rest) = page
            .split_once("name=\"csrf\" value=\"")
            .context("the page has no form")?;
        let (value, _) = rest.split_once('"').context("the form is broken")?;
        Ok(value.to_owned())
    }

    async fn mdm_reports(&self, token: &str, case: &Case) -> anyhow::Result<()> {
        let report = json!({
            "event_id": format!("story-{}", case.number),
            "kind": "command_acknowledged",
            "scope": "full_device",
            "device": { "serial": self.device.serial },
        });
        let send = || {
            self.request(Method::POST, "/v1/mdm/reports", token)
                .json(&report)
                .send()
        };
        let answer: Value = expect(send().await?, StatusCode::ACCEPTED).await?.json().await?;
        ensure!(
            word(&answer, "match") == "bound",
            "the report was {}",
            word(&answer, "match")
        );
        let again: Value = expect(send().await?, StatusCode::OK).await?.json().await?;
        ensure!(
            again.get("duplicate") == Some(&Value::Bool(true)),
            "the repeated report counted twice"
        );
        say(
            9,
            "The MDM reports that the phone has erased itself, twice. It counts once.",
        )?;
        Ok(())
    }

    async fn desk_finishes(&self, token: &str, case: &Case) -> anyhow::Result<()> {
        let answer = self
            .request(Method::GET, &format!("/v1/terminations/{}", case.id), token)
            .send()
            .await?;
        let answer = expect(answer, StatusCode::OK).await?;
        let etag = answer.headers().get("etag").context("no ETag")?.clone();
        let detail: Value = answer.json().await?;
        let item = item_with(&detail, "directory").context("the case has a subscription")?;
        let path = format!("/v1/terminations/{}/items/{item}/checks/directory", case.id);
        let settled = self
            .request(Method::PUT, &path, token)
            .header("if-match", etag)
            .json(&json!({ "state": "done" }))
            .send()
            .await?;
        expect(settled, StatusCode::OK).await?;
        let detail = self.case(token, case).await?;
        ensure!(
            word(&detail, "state") == "completed",
            "the case is {}: {}",
            word(&detail, "state"),
            detail.get("blockers").unwrap_or(&Value::Null)
        );
        say(
            10,
            "The desk has updated the directory. Nothing is left to do, and the case completes by rule.",
        )?;
        Ok(())
    }

    async fn receipt_is_there(&self, token: &str, case: &Case) -> anyhow::Result<()> {
        let path = format!("/v1/terminations/{}/receipt", case.id);
        let receipt = expect(
            self.request(Method::GET, &path, token).send().await?,
            StatusCode::OK,
        )
        .await?;
        let body = receipt.text().await?;
        ensure!(body.contains(&case.number), "the receipt does not name the case");
        let page = self
            .request(Method::GET, &path, token)
            .header("accept", "text/html")
            .send()
            .await?;
        let page = expect(page, StatusCode::OK).await?.text().await?;
        ensure!(
            page.contains("<h1") && page.contains("Kvittens"),
            "the receipt is not a page"
        );
        say(
            11,
            "The receipt is there, for people and for systems. It says who saw what.",
        )?;
        let mail = self
            .mail(&case.number, |mail| mail.subject.contains("Kvittens"))
            .await?;
        say(
            12,
            &format!("Holder and manager get it by mail: \"{}\".", mail.subject),
        )?;
        Ok(())
    }

    async fn nothing_more_is_asked(&self, token: &str, case: &Case) -> anyhow::Result<()> {
        let path = format!("/v1/messages?termination_id={}&state=planned", case.id);
        let planned: Value = expect(
            self.request(Method::GET, &path, token).send().await?,
            StatusCode::OK,
        )
        .await?
        .json()
        .await?;
        ensure!(
            planned
                .get("items")
                .and_then(Value::as_array)
                .is_some_and(Vec::is_empty),
            "mails are still planned: {planned}"
        );
        say(13, "No more mail is planned for the case.")?;
        Ok(())
    }

    /// The case as the desk sees it.
    async fn case(&self, token: &str, case: &Case) -> anyhow::Result<Value> {
        let path = format!("/v1/terminations/{}", case.id);
        let answer = self.request(Method::GET, &path, token).send().await?;
        Ok(expect(answer, StatusCode::OK).await?.json().await?)
    }

    fn request(&self, method: Method, path: &str, token: &str) -> RequestBuilder {
        self.client
            .request(method, format!("{}{path}", self.base))
            .bearer_auth(token)
    }

    /// Waits for a mail of the case.
    async fn mail(
        &self,
        number: &str,
        is_it: impl Fn(&CapturedMail) -> bool,
    ) -> anyhow::Result<CapturedMail> {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            let folder = self.mails.clone();
            let mails = tokio::task::spawn_blocking(move || mailbox::list(&folder)).await??;
            let of_case = |mail: &CapturedMail| mail.subject.contains(number) || mail.text.contains(number);
            if let Some(mail) = mails.into_iter().find(|mail| of_case(mail) && is_it(mail)) {
                return Ok(mail);
            }
            if tokio::time::Instant::now() > deadline {
                bail!("no such mail within {} seconds", PATIENCE.as_secs());
            }
            tokio::time::sleep(GLANCE).await;
        }
    }
}

/// The case of the story.
struct Case {
    id: String,
    number: String,
}

fn say(step: u32, what: &str) -> anyhow::Result<()> {
    out::line(format_args!("{step:>3}. {what}"))
}

/// The answer, if it has this status; else what came instead.
async fn expect(answer: Response, status: StatusCode) -> anyhow::Result<Response> {
    if answer.status() == status {
        return Ok(answer);
    }
    let got = answer.status();
    bail!(
        "expected {status}, got {got}: {}",
        answer.text().await.unwrap_or_default()
    )
}

fn text(value: &Value, pointer: &str) -> anyhow::Result<String> {
    let found = value.pointer(pointer).and_then(Value::as_str);
    found
        .map(str::to_owned)
        .with_context(|| format!("{pointer} is missing in {value}"))
}

/// The address in the mail that leads to the form.
fn link_in(mail: &CapturedMail) -> Option<String> {
    mail.text
        .split_whitespace()
        .find(|word| word.starts_with("http") && word.contains("/c/"))
        .map(str::to_owned)
}

/// The word in this member.
fn word<'v>(value: &'v Value, member: &str) -> &'v str {
    value.get(member).and_then(Value::as_str).unwrap_or("missing")
}

fn items(detail: &Value) -> impl Iterator<Item = &Value> {
    detail
        .get("items")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
}

fn checks(item: &Value) -> impl Iterator<Item = &Value> {
    item.get("checks").and_then(Value::as_array).into_iter().flatten()
}

/// The state of the first check of this kind.
fn check_state<'v>(detail: &'v Value, kind: &str) -> Option<&'v str> {
    items(detail)
        .flat_map(checks)
        .find(|check| word(check, "check") == kind)?
        .get("state")?
        .as_str()
}

/// The item that has a check of this kind.
fn item_with<'v>(detail: &'v Value, kind: &str) -> Option<&'v str> {
    items(detail)
        .find(|item| checks(item).any(|check| word(check, "check") == kind))?
        .get("id")?
        .as_str()
}
