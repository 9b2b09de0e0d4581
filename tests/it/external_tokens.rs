//! Systems that come with tokens of another issuer.

use super::support::db::{TestDb, for_each_database};
use super::support::http::{Answer, TestServer};
use super::support::issuer::TestIssuer;
use chrono::{DateTime, TimeDelta, Utc};
use handback::domain::actor::Scope;
use handback::domain::ids::ServiceAccountId;
use handback::domain::service_account::ExternalClient;
use handback::integrations::issuers::Issuers;
use handback::services::{Ctx, ServiceError, service_accounts};
use reqwest::{Method, StatusCode};
use serde_json::json;
use std::sync::Arc;

const PATH: &str = "/v1/legal-entities";

/// A service that accepts the tokens of one issuer.
struct Stage<'t> {
    server: TestServer<'t>,
    issuer: TestIssuer,
    ctx: Ctx,
}

impl<'t> Stage<'t> {
    async fn new(db: &'t TestDb) -> Self {
        let issuer = TestIssuer::start().await;
        let mut app = db.app().clone();
        app.issuers = Arc::new(Issuers::new(&[issuer.config()]).unwrap());
        let ctx = Ctx::operator(&app);
        let server = TestServer::start_app(db, app);
        Self { server, issuer, ctx }
    }

    fn now(&self) -> DateTime<Utc> {
        self.ctx.app.clock.now()
    }

    /// Binds a client of the issuer to an account of the same name.
    async fn bind(&self, client: &str, scopes: &[Scope]) -> ServiceAccountId {
        self.try_bind(client, client, scopes).await.unwrap()
    }

    async fn try_bind(
        &self,
        name: &str,
        client: &str,
        scopes: &[Scope],
    ) -> Result<ServiceAccountId, ServiceError> {
        let external = ExternalClient {
            issuer: self.issuer.name.clone(),
            client_id: client.to_owned(),
            subject: client.to_owned(),
        };
        let account = service_accounts::bind(&self.ctx, name.to_owned(), scopes.to_vec(), external).await?;
        Ok(account.id)
    }

    fn token(&self, client: &str, scope: &str) -> String {
        self.issuer.sign(&self.issuer.claims(client, scope, self.now()))
    }

    async fn get(&self, token: &str) -> Answer {
        Answer::of(self.server.anonymous(Method::GET, PATH).bearer_auth(token)).await
    }

    async fn status(&self, token: &str) -> u16 {
        self.get(token).await.status.as_u16()
    }

    async fn stop(self) {
        self.server.stop().await;
    }
}

#[test]
fn a_token_allows_what_both_it_and_the_account_of_its_client_allow() {
    for_each_database(async |db| {
        let stage = Stage::new(db).await;
        stage.bind("both", &[Scope::Read, Scope::Hr]).await;
        stage.bind("other", &[Scope::Mdm]).await;
        assert_eq!(stage.status(&stage.token("both", "read admin")).await, 200);
        // The account has more than the token, the token more than the account, neither enough.
        assert_eq!(stage.status(&stage.token("both", "hr")).await, 403);
        assert_eq!(stage.status(&stage.token("other", "admin read desk")).await, 403);
        assert_eq!(stage.status(&stage.token("both", "")).await, 403);
        let refused = stage.get(&stage.token("nobody", "read")).await;
        assert_eq!(
            refused.header("www-authenticate"),
            r#"Bearer error="invalid_token""#
        );
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
        let made = Answer::of(
            stage
                .server
                .anonymous(Method::GET, "/v1/audit-events")
                .bearer_auth(stage.token("both", "read")),
        )
        .await
        .expect(StatusCode::OK);
        assert!(made.body.contains("service_account.created"));
        stage.stop().await;
    });
}

#[test]
fn what_happens_to_the_account_holds_for_tokens_that_are_out() {
    for_each_database(async |db| {
        let stage = Stage::new(db).await;
        let id = stage.bind("hr", &[Scope::Read]).await;
        let token = stage.token("hr", "read hr");
        assert_eq!(stage.status(&token).await, 200);
        service_accounts::change_scopes(&stage.ctx, id, vec![Scope::Hr])
            .await
            .unwrap();
        assert_eq!(stage.status(&token).await, 403);
        service_accounts::change_scopes(&stage.ctx, id, vec![Scope::Read])
            .await
            .unwrap();
        assert_eq!(stage.status(&token).await, 200);
        service_accounts::revoke(&stage.ctx, id).await.unwrap();
        assert_eq!(stage.status(&token).await, 401);
        // The client can be given another account, and has no more than one.
        stage.try_bind("hr again", "hr", &[Scope::Read]).await.unwrap();
        assert_eq!(stage.status(&token).await, 200);
        let third = stage.try_bind("hr once more", "hr", &[Scope::Read]).await;
        assert!(third.unwrap_err().to_string().contains("bound to this client"));
        stage.stop().await;
    });
}

#[test]
fn a_change_by_such_a_client_is_the_accounts_in_the_audit() {
    for_each_database(async |db| {
        let stage = Stage::new(db).await;
        let id = stage.bind("setup", &[Scope::Admin]).await;
        let entity = json!({ "kind": "authority", "name": "Socialnämnden", "org_number": "212000-1355" });
        let request = stage
            .server
            .anonymous(Method::POST, PATH)
            .header("idempotency-key", "k");
        let made = Answer::of(request.bearer_auth(stage.token("setup", "admin")).json(&entity)).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
        let actor = db.text("SELECT actor_id AS t FROM audit_entry WHERE action = 'legal_entity.created'");
        assert_eq!(actor, id.to_string());
        stage.stop().await;
    });
}

#[test]
fn a_token_that_stands_for_a_person_is_not_the_clients() {
    for_each_database(async |db| {
        let stage = Stage::new(db).await;
        stage.bind("portal", &[Scope::Read]).await;
        let mut claims = stage.issuer.claims("portal", "read", stage.now());
        assert_eq!(stage.status(&stage.issuer.sign(&claims)).await, 200);
        claims["sub"] = json!("a person who signed in");
        assert_eq!(stage.status(&stage.issuer.sign(&claims)).await, 401);
        stage.stop().await;
    });
}

#[test]
fn a_token_dies_with_its_time_and_its_key_and_a_new_key_is_found() {
    for_each_database(async |db| {
        let mut stage = Stage::new(db).await;
        stage.bind("hr", &[Scope::Read]).await;
        let old = stage.token("hr", "read");
        assert_eq!(stage.status(&old).await, 200);
        stage.issuer.rotate("second");
        stage.ctx.app.clock.advance(TimeDelta::seconds(31));
        let new = stage.token("hr", "read");
        assert_eq!(stage.status(&new).await, 200);
        stage.ctx.app.clock.advance(TimeDelta::minutes(10));
        assert_eq!((stage.status(&old).await, stage.status(&new).await), (401, 200));
        stage.ctx.app.clock.advance(TimeDelta::hours(1));
        assert_eq!(stage.status(&new).await, 401);
        stage.stop().await;
    });
}

#[test]
fn a_token_that_breaks_a_rule_is_401() {
    for_each_database(async |db| {
        let stage = Stage::new(db).await;
        stage.bind("hr", &[Scope::Read]).await;
        let good = stage.issuer.claims("hr", "read", stage.now());
        assert_eq!(stage.status(&stage.issuer.sign(&good)).await, 200);
        let our_name = stage.ctx.app.config.token.issuer.clone();
        for (name, value) in [
            ("aud", json!("https://other.example")),
            ("iss", json!("https://evil.example")),
            ("iss", json!(our_name)),
            ("exp", json!(stage.now().timestamp() - 31)),
            ("client_id", json!(["hr"])),
            ("jti", json!(null)),
        ] {
            let mut claims = good.clone();
            claims[name] = value.clone();
            let answer = stage.get(&stage.issuer.sign(&claims)).await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{name} {value}");
            assert!(answer.json()["detail"].is_null(), "{}", answer.body);
        }
        stage.stop().await;
    });
}

#[test]
fn while_an_issuer_has_not_been_reached_its_tokens_are_neither_accepted_nor_refused() {
    for_each_database(async |db| {
        let mut stage = Stage::new(db).await;
        stage.bind("hr", &[Scope::Read]).await;
        stage.issuer.publish(json!("an error page"));
        let away = stage.get(&stage.token("hr", "read")).await;
        assert_eq!((away.status.as_u16(), away.header("retry-after")), (503, "30"));
        assert_eq!(away.problem()["type"], "urn:handback:problem:issuer-unavailable");
        stage.issuer.rotate("first");
        stage.ctx.app.clock.advance(TimeDelta::seconds(30));
        assert_eq!(stage.status(&stage.token("hr", "read")).await, 200);
        stage.stop().await;
    });
}
